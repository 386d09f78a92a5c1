# SPDX-License-Identifier: Apache-2.0

"""The caller of a request, and its request id."""

from typing import Any

from keystoneauth1.identity import base as identity_base
from oslo_context import context

ADMIN_ROLE = 'admin'
READER_ROLE = 'reader'

# Where keystonemiddleware puts the validated token and its catalogue.
ENV_TOKEN_AUTH = 'keystone.token_auth'


class RequestContext(context.RequestContext):
    """The authenticated caller of one request.

    :param user_auth: the caller's token and its catalogue of services; None
        without Keystone
    :param kwargs: the parameters of oslo.context's RequestContext

    :ivar is_admin: whether the caller has the role "admin"
    :ivar is_reader_only: whether "reader" is the caller's only role
    """

    def __init__(
        self, user_auth: identity_base.BaseIdentityPlugin | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.user_auth = user_auth
        roles = {role.lower() for role in self.roles}
        self.is_admin = ADMIN_ROLE in roles
        self.is_reader_only = roles == {READER_ROLE}

    @classmethod
    def from_environ(
        cls, environ: dict[str, Any], **kwargs: Any,
    ) -> 'RequestContext':
        """Return the caller of a request, after authentication.

        :param environ: the request's WSGI environment
        :param kwargs: attributes that take precedence over it
        """
        kwargs.setdefault('user_auth', environ.get(ENV_TOKEN_AUTH))
        return super().from_environ(environ, **kwargs)


def get_admin_context() -> RequestContext:
    """Return a context that may see and change every image, for commands."""
    return RequestContext(roles=[ADMIN_ROLE], overwrite=False)
