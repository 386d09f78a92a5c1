# SPDX-License-Identifier: Apache-2.0

"""The tokens of a request to the Image service: the caller's and, if
``[service_user]`` is configured, that of its user."""

from keystoneauth1 import session as keystone_session
from keystoneauth1 import token_endpoint

from nova_images_compat import identity


class CallerAuth(token_endpoint.Token):
    """Adds the caller's token, and a service token, to requests.

    :param endpoint: the root of the Image service
    :param token: the caller's token
    :param user: the user of the service token; None: send no service token
    """

    def __init__(
        self, endpoint: str, token: str | None,
        user: identity.ServiceUser | None,
    ) -> None:
        super().__init__(endpoint, token or '')
        self.service_user = user

    def get_headers(
        self, session: keystone_session.Session,
    ) -> dict[str, str] | None:
        headers = super().get_headers(session) or {}
        if self.service_user:
            headers['X-Service-Token'] = self.service_user.token() or ''
        return headers

    def invalidate(self) -> bool:
        """Drop the service token after the Image service rejected a request.

        :returns: whether a second try would have another service token
        """
        return bool(self.service_user and self.service_user.auth.invalidate())
