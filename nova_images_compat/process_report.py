# SPDX-License-Identifier: Apache-2.0

"""A report of what a process of ours is doing, for an operator: threads,
configuration (without its secrets) and version."""

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
    """What oslo.reports wants to know of the version."""

    def vendor_string(self) -> str:
        return 'OpenStack'

    def product_string(self) -> str:
        return NAME

    def version_string_with_package(self) -> str:
        return version.version_string()


def set_up(conf: cfg.ConfigOpts) -> None:
    """Write the report to the standard error, or below ``[oslo_reports]
    log_dir``, on SIGUSR2, or when ``[oslo_reports] file_event_handler``
    changes: for a process that is ours.

    :param conf: the service's configuration
    :raises: ConfigurationError
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
        # Python lets no other thread handle signals.
        setup_signal=threading.current_thread() is threading.main_thread())
