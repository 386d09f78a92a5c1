# SPDX-License-Identifier: Apache-2.0

"""What a WSGI server loads: ``nova_images_compat.wsgi:application``."""

from nova_images_compat.api import app
from nova_images_compat.api.pipeline import paste
from nova_images_compat.conf import loader
from nova_images_compat import exception
from nova_images_compat import report


def _make_application() -> paste.WSGIApplication:
    try:
        conf = loader.load()
        loader.set_up_logging(conf)
        report.set_up(conf)
        return app.load(conf)
    except exception.OperatorError as error:
        # For SystemExit, uWSGI would start a worker again and again.
        raise RuntimeError(f'nova-images-compat: {error}') from None


application = _make_application()
