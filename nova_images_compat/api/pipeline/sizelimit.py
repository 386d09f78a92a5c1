# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's limit on the size of bodies, ``[oslo_middleware]
max_request_body_size``, with a fault as its response."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import sizelimit
import webob.dec
import webob.exc

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi


class RequestBodySizeLimiter(sizelimit.RequestBodySizeLimiter):
    """oslo.middleware's filter, with a fault in place of its text."""

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
    """Applies the limit to requests with a body.

    Of requests without Content-Length, only those of ``METHODS_WITH_BODY``
    have a body that is read. A body whose length is within the limit needs no
    limiter.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.limiter = RequestBodySizeLimiter(application, conf)
        self.max_size: int = conf.oslo_middleware.max_request_body_size

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        length = environ.get('CONTENT_LENGTH')
        needs_limiter = not self._is_within_limit(length) if length else (
            environ['REQUEST_METHOD'] in wsgi.METHODS_WITH_BODY)
        application = self.limiter if needs_limiter else self.application
        return application(environ, start_response)

    def _is_within_limit(self, length: str) -> bool:
        try:
            return int(length) <= self.max_size
        except ValueError:
            return False


factory = paste.filter_factory(BodyFilter)
