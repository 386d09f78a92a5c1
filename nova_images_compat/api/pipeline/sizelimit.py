# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's limit on the size of a body, refusing with a fault:
``[oslo_middleware] max_request_body_size``."""

from typing import Any

from oslo_middleware import sizelimit
import webob.dec
import webob.exc

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi


class RequestBodySizeLimiter(sizelimit.RequestBodySizeLimiter):

    @webob.dec.wsgify
    def __call__(self, req: webob.Request) -> Any:
        try:
            return super().__call__(req)
        except webob.exc.HTTPRequestEntityTooLarge as error:
            error.explanation = (
                'Request is too large. Larger than max_request_body_size '
                f'({self.oslo_conf.oslo_middleware.max_request_body_size}).')
            return wsgi.Fault(error)


factory = paste.filter_factory(RequestBodySizeLimiter)
