# SPDX-License-Identifier: Apache-2.0

"""The application for WSGI servers: ``nova_images_compat.wsgi:application``.
"""

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
        # After SystemExit, uWSGI would restart a worker for ever.
        raise RuntimeError(f'nova-images-compat: {error}') from None


application = _make_application()
