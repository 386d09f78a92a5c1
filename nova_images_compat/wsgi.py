# SPDX-License-Identifier: Apache-2.0

"""What a WSGI server loads: ``nova_images_compat.wsgi:application``."""

import sys

from nova_images_compat.api import app
from nova_images_compat.api.pipeline import paste
from nova_images_compat.conf import loader
from nova_images_compat import exception


def _make_application() -> paste.WSGIApplication:
    try:
        conf = loader.load()
        loader.set_up_logging(conf)
        return app.load(conf)
    except exception.OperatorError as error:
        sys.exit(f'nova-images-compat: {error}')


application = _make_application()
