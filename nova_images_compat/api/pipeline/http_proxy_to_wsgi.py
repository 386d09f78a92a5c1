# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's filter that trusts the headers of a proxy, if
``[oslo_middleware] enable_proxy_headers_parsing`` is set."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi
import webob

from nova_images_compat.api.pipeline import paste


class HTTPProxyToWSGI(paste.Filter):
    """Lets oslo.middleware's filter change the environ, and passes the
    response on unread.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self._proxy_headers = http_proxy_to_wsgi.HTTPProxyToWSGI(
            application, conf)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        self._proxy_headers.process_request(webob.Request(environ))
        return self.application(environ, start_response)


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    # oslo.middleware registers its options.
    middleware = HTTPProxyToWSGI(application, conf)
    trusts_headers = conf.oslo_middleware.enable_proxy_headers_parsing
    return middleware if trusts_headers else application


factory = paste.filter_factory(_make)
