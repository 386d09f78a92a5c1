# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's limit on the size of a body, refusing with a fault:
``[oslo_middleware] max_request_body_size``."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
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


class BodyFilter(paste.Filter):
    """Sends requests by way of the limit, but for those without a body, as
    far as anybody reads it: only ``METHODS_WITH_BODY`` have one read whose
    length they do not tell.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.limiter = RequestBodySizeLimiter(application, conf)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        has_body = environ.get('CONTENT_LENGTH') or (
            environ['REQUEST_METHOD'] in wsgi.METHODS_WITH_BODY)
        application = self.limiter if has_body else self.application
        return application(environ, start_response)


factory = paste.filter_factory(BodyFilter)
