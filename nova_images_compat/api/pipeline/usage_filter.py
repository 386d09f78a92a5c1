# SPDX-License-Identifier: Apache-2.0

"""Counts the calls of each operation, whatever their status.

The options are in ``[usage_counts]``. The filter comes after authentication
and microversion, right before the routes. Requests that are rejected earlier,
or match no route, are not counted. Requests of a microversion that does not
have the operation are counted.
"""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import extras


class UsageFilter(paste.Filter):
    """Counts the requests that match a route.

    :param application: the application behind it
    :param conf: the service's configuration
    :raises: MissingExtra: the extra "database" is not installed
    :raises: DatabaseNotReady: the database is reachable but has no table of
        the counts
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        extras.check(extras.DATABASE, '[usage_counts] enabled')
        # Imported only if needed: it loads SQLAlchemy, 25 MiB of memory.
        from nova_images_compat.usage import counter
        self.counter = counter.UsageCounter(conf)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        try:
            return self.application(environ, start_response)
        finally:
            operation = environ.get(wsgi.ENV_OPERATION)
            if operation is not None:
                self.counter.count(
                    environ[wsgi.ENV_CONTEXT].project_id,
                    _user_agent(environ), operation,
                    str(environ[wsgi.ENV_MICROVERSION]))


def _user_agent(environ: dict[str, Any]) -> str:
    """Return the client's user agent, decoded as UTF-8; WSGI decodes headers
    as latin-1.
    """
    agent: str = environ.get('HTTP_USER_AGENT', '')
    if agent.isascii():
        return agent
    return agent.encode('latin-1', 'replace').decode('utf-8', 'replace')


def make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    """Return the filter, or the application itself if ``[usage_counts]
    enabled`` is off.
    """
    return UsageFilter(application, conf) if conf.usage_counts.enabled else (
        application)


factory = paste.filter_factory(make)
