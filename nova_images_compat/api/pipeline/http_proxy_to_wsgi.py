# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's filter that believes a proxy's headers, where
``[oslo_middleware] enable_proxy_headers_parsing`` says so."""

from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi

from nova_images_compat.api.pipeline import paste


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    middleware: paste.WSGIApplication = http_proxy_to_wsgi.HTTPProxyToWSGI(
        application, conf)
    believes = conf.oslo_middleware.enable_proxy_headers_parsing
    return middleware if believes else application


factory = paste.filter_factory(_make)
