# SPDX-License-Identifier: Apache-2.0

"""Turns unexpected exceptions into faults that show no internals."""

from collections.abc import Iterable
from typing import Any

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)


class FaultWrapper(paste.Filter):
    """Answers a request that raises an exception with a 500, and logs the
    traceback.
    """

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        try:
            return self.application(environ, start_response)
        except Exception:
            LOG.exception(
                'Unexpected error in request %s: %s %r',
                environ.get(wsgi.ENV_REQUEST_ID),
                environ['REQUEST_METHOD'], environ['PATH_INFO'])
            fault = wsgi.Fault(exception.APIError())
            return fault(environ, start_response)


factory = paste.filter_factory(FaultWrapper)
