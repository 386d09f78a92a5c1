# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's filter that trusts the headers of a proxy, if
``[oslo_middleware] enable_proxy_headers_parsing`` is set."""

from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi

from nova_images_compat.api.pipeline import paste


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    middleware: paste.WSGIApplication = http_proxy_to_wsgi.HTTPProxyToWSGI(
        application, conf)
    trusts_headers = conf.oslo_middleware.enable_proxy_headers_parsing
    return middleware if trusts_headers else application


factory = paste.filter_factory(_make)
