# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's CORS filter, where ``[cors] allowed_origin`` names
origins."""

from oslo_config import cfg
from oslo_middleware import cors

from nova_images_compat.api.pipeline import paste


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    middleware: paste.WSGIApplication = cors.CORS(application, conf)
    return middleware if conf.cors.allowed_origin else application


factory = paste.filter_factory(_make)
