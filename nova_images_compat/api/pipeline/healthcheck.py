# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's health check, at ``/healthcheck``: ``[healthcheck]``."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import healthcheck

from nova_images_compat.api.pipeline import paste
from nova_images_compat import context

PATH = '/healthcheck'


class HealthcheckFilter(paste.Filter):
    """Answers the health check, and hands on every other request.

    :param application: the application behind it
    :param conf: the service's configuration
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.healthcheck = healthcheck.Healthcheck(None, conf)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] == PATH:
            # What it logs is not of the request that the thread had before.
            context.RequestContext()
            return self.healthcheck(environ, start_response)
        return self.application(environ, start_response)


factory = paste.filter_factory(HealthcheckFilter)
