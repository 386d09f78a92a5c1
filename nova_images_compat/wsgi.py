# SPDX-License-Identifier: Apache-2.0

"""What a WSGI server loads: ``nova_images_compat.wsgi:application``."""

from nova_images_compat.api import app
from nova_images_compat.api.pipeline import paste
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import process_report


def _make_application() -> paste.WSGIApplication:
    try:
        conf = reader.load()
        reader.set_up_logging(conf)
        process_report.set_up(conf)
        return app.load(conf)
    except exception.OperatorError as error:
        # For SystemExit, uWSGI would start a worker again and again.
        raise RuntimeError(f'nova-images-compat: {error}') from None


application = _make_application()
