# SPDX-License-Identifier: Apache-2.0

"""Counts the calls of the operations, whatever they are answered: ``[usage]``.

Its place is right before the routes, behind authentication and microversion.
What these refuse, and what has no route, is no call of an operation; one at a
microversion that the operation is not in is.
"""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import extras


class UsageFilter(paste.Filter):
    """Counts requests that a route was found for.

    :param application: the application behind it
    :param conf: the service's configuration
    :raises: MissingExtra, DatabaseNotReady
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        extras.check(extras.DATABASE, '[usage] enabled')
        # SQLAlchemy comes with it: 25 MiB and a good part of the start.
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
    agent: str = environ.get('HTTP_USER_AGENT', '')
    if agent.isascii():
        return agent
    return agent.encode('latin-1', 'replace').decode('utf-8', 'replace')


def make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    """Return the filter, or the application where ``[usage]`` is off."""
    return UsageFilter(application, conf) if conf['usage'].enabled else (
        application)


factory = paste.filter_factory(make)
