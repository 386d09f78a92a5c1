# SPDX-License-Identifier: Apache-2.0

"""How paste.deploy makes filters that have the application's configuration.

The configuration object travels in paste.deploy's global configuration, under
the key that keystonemiddleware looks for, too.
"""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

from oslo_config import cfg

CONF_KEY = 'oslo_config_config'

WSGIApplication = Callable[
    [dict[str, Any], Callable[..., Any]], Iterable[bytes]]
MakeFilter = Callable[[WSGIApplication, cfg.ConfigOpts], WSGIApplication]
FilterFactory = Callable[
    ..., Callable[[WSGIApplication], WSGIApplication]]


class Filter:
    """A filter in front of an application.

    :param application: the application behind it
    :param conf: the service's configuration
    """

    def __init__(
        self, application: WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        self.application = application


def filter_factory(make_filter: MakeFilter) -> FilterFactory:
    """Return a paste.deploy filter factory.

    :param make_filter: makes the filter, of the application behind it and
        the configuration
    """
    def factory(
        global_conf: dict[str, Any], **local_conf: str,
    ) -> Callable[[WSGIApplication], WSGIApplication]:
        conf = global_conf[CONF_KEY]
        return lambda application: make_filter(application, conf)

    return factory
