# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's filter that believes a proxy's headers, where
``[oslo_middleware] enable_proxy_headers_parsing`` says so."""

from oslo_middleware import http_proxy_to_wsgi

from nova_images_compat.api.pipeline import paste

factory = paste.filter_factory(http_proxy_to_wsgi.HTTPProxyToWSGI)
