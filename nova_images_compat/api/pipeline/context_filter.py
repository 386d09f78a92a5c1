# SPDX-License-Identifier: Apache-2.0

"""Makes the request's context from what authentication left in the environ."""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat.conf import api
from nova_images_compat import context as request_context
from nova_images_compat import exception


class ContextFilter(paste.Filter):
    """Rejects requests without an authenticated user."""

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        self.needs_token: bool = conf.api.auth_strategy == (
            api.KEYSTONE)

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        caller = request_context.RequestContext.from_environ(environ)
        # The headers alone prove nothing: the filter that validates tokens
        # may be missing in another service's pipeline.
        if not caller.user_id or self.needs_token and not getattr(
                caller.user_auth, 'has_user_token', False):
            fault = wsgi.Fault(exception.Unauthorized())
            return fault(environ, start_response)
        environ[wsgi.ENV_CONTEXT] = caller
        return self.application(environ, start_response)


factory = paste.filter_factory(ContextFilter)
