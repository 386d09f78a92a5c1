# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's CORS filter: ``[cors]``."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import cors

from nova_images_compat.api.pipeline import paste


class CORSFilter(paste.Filter):
    """Applies CORS to requests. Without ``allowed_origin`` it applies CORS to
    OPTIONS requests only, as in Nova.
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.cors = cors.CORS(application, conf)
        self.has_origins = bool(conf.cors.allowed_origin)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        needs_cors = self.has_origins or environ['REQUEST_METHOD'] == 'OPTIONS'
        application = self.cors if needs_cors else self.application
        return application(environ, start_response)


factory = paste.filter_factory(CORSFilter)
