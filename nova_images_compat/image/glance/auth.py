# SPDX-License-Identifier: Apache-2.0

"""As whom the store speaks to the Image service: as the caller, with a token
of the service's own user beside the caller's if the operator wants it."""

import os
from typing import Any

from keystoneauth1 import loading
from keystoneauth1 import session as keystone_session
from keystoneauth1 import token_endpoint
from oslo_config import cfg

from nova_images_compat.conf import service_user
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat import log

LOG = log.getLogger(__name__)

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
        return identity.token(self.auth, self.session, GROUP)


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
    kwargs.setdefault('timeout', timeout(conf, group))
    for name in ('cafile', 'certfile', 'keyfile'):
        path = getattr(conf[group], name)
        if path and not os.path.isfile(path):
            raise exception.ConfigurationError(
                f'[{group}] {name}: there is no file {path}')
    return loading.load_session_from_conf_options(conf, group, **kwargs)


def timeout(conf: cfg.ConfigOpts, group: str) -> float:
    """Return the seconds that a group's ``timeout`` allows: 0 is as unset,
    since keystoneauth can send no request with it.

    :raises: ConfigurationError: they are negative
    """
    seconds = conf[group].timeout
    if seconds and seconds < 0:
        raise exception.ConfigurationError(
            f'[{group}] timeout: it must not be negative')
    return float(seconds or service_user.TIMEOUT)


def load_service_user(conf: cfg.ConfigOpts) -> ServiceUser | None:
    """Return the user whose token goes with the caller's, if one is to.
    Without an ``auth_type`` there is none, with a warning, as in Nova.

    :raises: ConfigurationError
    """
    if not conf.service_user.send_service_user_token:
        return None
    loading.register_auth_conf_options(conf, GROUP)
    section = conf.service_user.auth_section or GROUP
    if not conf[section].auth_type:
        LOG.warning(
            'No service token is sent to the Image service: [%s] '
            'send_service_user_token is set, and [%s] auth_type is not',
            GROUP, section)
        return None
    return ServiceUser(conf)
