# SPDX-License-Identifier: Apache-2.0

"""Makes the request's context of what authentication left in the environ."""

from collections.abc import Iterable
from typing import Any


from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import context
from nova_images_compat import exception


class ContextFilter(paste.Filter):
    """Lets pass whom authentication named."""

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        caller = context.RequestContext.from_environ(environ)
        if caller.user_id is None:
            fault = wsgi.Fault(exception.Unauthorized())
            return fault(environ, start_response)
        environ[wsgi.ENV_CONTEXT] = caller
        return self.application(environ, start_response)


factory = paste.filter_factory(ContextFilter)
