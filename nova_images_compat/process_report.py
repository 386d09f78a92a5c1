# SPDX-License-Identifier: Apache-2.0

"""A report on a running process of the service, for operators: its threads,
configuration (without secrets) and version."""

import os
import threading

from oslo_config import cfg
from oslo_reports.generators import conf as conf_generator
from oslo_reports import guru_meditation_report

from nova_images_compat import exception
from nova_images_compat import version

NAME = 'nova-images-compat'
CONFIGURATION = "The service's configuration"


class _Version:
    """The version, in the form that oslo.reports needs."""

    def vendor_string(self) -> str:
        return 'OpenStack'

    def product_string(self) -> str:
        return NAME

    def version_string_with_package(self) -> str:
        return version.version_string()


def set_up(conf: cfg.ConfigOpts) -> None:
    """Write a report on SIGUSR2, or when the file ``[oslo_reports]
    file_event_handler`` changes. For processes of our own only.

    The report goes to the standard error, or to a file in ``[oslo_reports]
    log_dir``.

    :param conf: the service's configuration
    :raises: ConfigurationError: the file_event_handler does not exist
    """
    trigger = conf.oslo_reports.file_event_handler
    if trigger and not os.path.isfile(trigger):
        raise exception.ConfigurationError(
            f'[oslo_reports] file_event_handler: there is no file {trigger}')
    reports = guru_meditation_report.TextGuruMeditation
    reports.register_section(
        CONFIGURATION, conf_generator.ConfigReportGenerator(conf))
    reports.setup_autorun(
        _Version(), service_name=NAME, conf=conf,
        # Python lets only the main thread handle signals.
        setup_signal=threading.current_thread() is threading.main_thread())
