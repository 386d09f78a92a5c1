# SPDX-License-Identifier: Apache-2.0

"""Gives every request an ID, and every response the headers with it."""

from typing import Any

from oslo_config import cfg
from oslo_middleware import request_id

from nova_images_compat.api.pipeline import paste
from nova_images_compat import context as request_context


class RequestId(request_id.RequestId):
    """oslo.middleware's filter, with Nova's own header in addition.

    It makes a context with these IDs only. So log lines before authentication
    have the IDs of this request, and nothing of the thread's last request.
    """

    compat_headers = ['x-compute-request-id']

    @classmethod
    def behind(
        cls, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> 'RequestId':
        """Return the filter in front of an application."""
        def with_context(
            environ: dict[str, Any], start_response: Any,
        ) -> Any:
            request_context.RequestContext(
                request_id=environ[request_id.ENV_REQUEST_ID],
                global_request_id=environ.get(request_id.GLOBAL_REQ_ID))
            return application(environ, start_response)

        return cls(with_context, conf)


factory = paste.filter_factory(RequestId.behind)
