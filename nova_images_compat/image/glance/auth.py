# SPDX-License-Identifier: Apache-2.0

"""As whom the store speaks to the Image service: as the caller, with a token
of the service's own user beside the caller's if the operator wants it."""

import os
from typing import Any

from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1 import loading
from keystoneauth1 import session as keystone_session
from keystoneauth1 import token_endpoint
from oslo_config import cfg
from oslo_log import log as logging

from nova_images_compat.conf import service_user
from nova_images_compat import exception
from nova_images_compat import identity

LOG = logging.getLogger(__name__)

GROUP = service_user.GROUP.name


class ServiceUser:
    """The user of ``[service_user]``.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.auth = identity.load_auth(conf, GROUP)
        self.session = load_session(conf, GROUP)

    def token(self) -> str | None:
        """Return the user's token, a new one if the last is about to expire.

        :raises: IdentityUnavailable: Keystone issues none
        """
        try:
            return self.auth.get_token(self.session)
        except keystone_exception.ClientException as error:
            LOG.error('No token for the user of [%s]: %s', GROUP, error)
            raise exception.IdentityUnavailable() from error


class CallerAuth(token_endpoint.Token):
    """The token of the caller, and of the service's user, at one endpoint.

    :param endpoint: the root of the Image service
    :param token: the caller's token
    :param user: the service's own user, or None
    """

    def __init__(
        self, endpoint: str, token: str | None, user: ServiceUser | None,
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
        """Say whether another try may have better tokens."""
        return bool(self.service_user and self.service_user.auth.invalidate())


def load_session(
    conf: cfg.ConfigOpts, group: str, **kwargs: Any,
) -> keystone_session.Session:
    """Return a session with the options of a group.

    :param kwargs: of the session, beside them
    :raises: ConfigurationError: a file that is named is not there
    """
    for name in ('cafile', 'certfile', 'keyfile'):
        path = getattr(conf[group], name)
        if path and not os.path.isfile(path):
            raise exception.ConfigurationError(
                f'[{group}] {name}: there is no file {path}')
    return loading.load_session_from_conf_options(conf, group, **kwargs)


def load_service_user(conf: cfg.ConfigOpts) -> ServiceUser | None:
    """Return the user whose token goes with the caller's, if one is to.

    :raises: ConfigurationError
    """
    if not conf.service_user.send_service_user_token:
        return None
    return ServiceUser(conf)
