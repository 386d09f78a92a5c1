# SPDX-License-Identifier: Apache-2.0

"""Gives every request an ID, and every response the headers with it."""

from collections.abc import Iterable
import re
from typing import Any

from oslo_context import context
from oslo_middleware import request_id

from nova_images_compat.api.pipeline import paste

VARIABLE = 'HTTP_' + request_id.INBOUND_HEADER.upper().replace('-', '_')
GLOBAL_ID = re.compile(request_id.ID_FORMAT)

# oslo.middleware's own header, and Nova's.
HEADERS = (request_id.HTTP_RESP_HEADER_REQUEST_ID, 'x-compute-request-id')


class RequestId(paste.Filter):
    """Does what oslo.middleware's filter does, with Nova's own header in
    addition, and without WebOb's objects, which cost more than the rest of
    the filter.

    It makes a context with these IDs only. So log lines before authentication
    have the IDs of this request, and nothing of the thread's last request.
    """

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        own_id = environ[request_id.ENV_REQUEST_ID] = (
            context.generate_request_id())
        global_id = environ.get(VARIABLE, '')
        if GLOBAL_ID.match(global_id):
            environ[request_id.GLOBAL_REQ_ID] = global_id
        context.RequestContext(
            request_id=own_id,
            global_request_id=environ.get(request_id.GLOBAL_REQ_ID))

        def start(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            names = {name.lower() for name, _ in headers}
            added = [(name, own_id) for name in HEADERS if name not in names]
            return start_response(status, [*headers, *added], *rest)

        return self.application(environ, start)


factory = paste.filter_factory(RequestId)
