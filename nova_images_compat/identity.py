# SPDX-License-Identifier: Apache-2.0

"""The service's users at Keystone: of ``[keystone_authtoken]``, which
validates callers' tokens, and of ``[service_user]``, whose token goes with a
caller's."""

from collections.abc import Iterator
import contextlib
from typing import Any

from keystoneauth1 import access
from keystoneauth1 import adapter
from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1.identity import access as access_plugin
from keystoneauth1.identity import base as identity_base
from keystoneauth1 import loading
from keystoneauth1.loading import session as session_loading
from keystoneauth1 import plugin
from keystoneauth1 import session as keystone_session
from keystonemiddleware import opts as middleware_opts
from oslo_config import cfg

from nova_images_compat.conf import service_user
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import tls

LOG = log.getLogger(__name__)

GROUP = 'keystone_authtoken'
SERVICE_GROUP = service_user.GROUP.name

# Seconds, unless http_connect_timeout is set.
TIMEOUT = 10

# What keystoneauth raises when it reads an invalid document of Keystone's. It
# calls no code of ours then, whose bugs could raise the same.
INVALID_RESPONSE_ERRORS = (
    AttributeError, LookupError, RecursionError, TypeError, ValueError)


class OwnUser:
    """The user of ``[keystone_authtoken]``: keystonemiddleware validates the
    callers' tokens with this user's token.

    :param conf: the service's configuration
    :raises: ConfigurationError: the options do not describe a user

    :ivar tls: the settings of TLS with Keystone
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        for name, opts in middleware_opts.list_auth_token_opts():
            conf.register_opts(opts, group=name)
        loading.register_auth_conf_options(conf, GROUP)
        auth = load_auth(conf, GROUP)
        if not isinstance(auth, identity_base.BaseIdentityPlugin):
            raise exception.ConfigurationError(
                f'[{GROUP}] auth_type: it does not log in a user')
        self._auth = auth
        self.tls = tls_settings(conf, GROUP)
        options = conf[GROUP]
        self._identity_service = {
            'service_type': 'identity', 'interface': options.interface,
            'region_name': options.region_name}
        self._session = session_loading.Session().load_from_options(
            cert=options.certfile, key=options.keyfile,
            cacert=options.cafile, insecure=options.insecure,
            timeout=options.http_connect_timeout or TIMEOUT)

    def access(self) -> access.AccessInfo:
        """Return the user's token and its catalogue.

        The token is kept, and renewed before it expires.

        :raises: IdentityUnavailable: Keystone issues no token
        """
        return _access(self._auth, self._session, self.tls)

    def validate(self) -> None:
        """Validate the user's own token, where keystonemiddleware validates
        those of callers: at the Identity service of the catalogue.

        :raises: IdentityUnavailable: that fails
        """
        sent = {'X-Subject-Token': self.access().auth_token}
        keystone = adapter.Adapter(
            self._session, auth=self._auth, **self._identity_service)
        with _asking_keystone(self._auth, self.tls, 'validate tokens'):
            keystone.get(
                '/auth/tokens', headers=sent, log=False,
                endpoint_filter={'version': (3, 0)})

    def project_names(self) -> dict[str, str]:
        """Return the names of all projects, by their ids.

        :raises: IdentityUnavailable: Keystone issues no token, or does not
            let this user list the projects
        """
        try:
            projects = self._session.get(
                '/projects', auth=self._auth, endpoint_filter={
                    'interface': plugin.AUTH_INTERFACE, 'version': (3, 0)},
            ).json()['projects']
            return {project['id']: project['name'] for project in projects}
        except (keystone_exception.ClientException, OSError,
                *INVALID_RESPONSE_ERRORS) as error:
            raise exception.IdentityUnavailable() from error

    def context(self) -> request_context.RequestContext:
        """Return the context of a request that the user itself sends.

        :raises: IdentityUnavailable: Keystone issues no token
        """
        found = self.access()
        return request_context.RequestContext(
            overwrite=False, auth_token=found.auth_token,
            user_auth=access_plugin.AccessInfoPlugin(found))


class ServiceUser:
    """The user of ``[service_user]``.

    :param conf: the service's configuration
    :raises: ConfigurationError: the section does not describe a user

    :ivar tls: the settings of TLS with Keystone
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.auth = load_auth(conf, SERVICE_GROUP)
        self.tls = tls_settings(conf, SERVICE_GROUP)
        self.session = load_session(conf, SERVICE_GROUP)

    def token(self) -> str | None:
        """Return the user's token, a new one if the last is about to expire.

        :raises: IdentityUnavailable: Keystone issues no token
        """
        return token(self.auth, self.session, self.tls)


def load_service_user(conf: cfg.ConfigOpts) -> ServiceUser | None:
    """Return the user of ``[service_user]``, or None if no service token is
    to be sent. As in Nova, a missing ``auth_type`` is logged as a warning.

    :raises: ConfigurationError: as ServiceUser
    """
    if not conf.service_user.send_service_user_token:
        return None
    loading.register_auth_conf_options(conf, SERVICE_GROUP)
    section = conf.service_user.auth_section or SERVICE_GROUP
    if not conf[section].auth_type:
        LOG.warning(
            'No service token is sent to the Image service: [%s] '
            'send_service_user_token is set, and [%s] auth_type is not',
            SERVICE_GROUP, section)
        return None
    return ServiceUser(conf)


def token(
    auth: plugin.BaseAuthPlugin, session: keystone_session.Session,
    settings: tls.Settings,
) -> str | None:
    """Return a user's token, which is kept, and renewed before it expires.

    :param auth: the user
    :param session: sends the requests to Keystone
    :param settings: those of the user's option group
    :raises: IdentityUnavailable: Keystone issues no token
    """
    if isinstance(auth, identity_base.BaseIdentityPlugin):
        return _access(auth, session, settings).auth_token
    with _asking_keystone(auth, settings):
        return auth.get_token(session)


def _access(
    auth: identity_base.BaseIdentityPlugin,
    session: keystone_session.Session, settings: tls.Settings,
) -> access.AccessInfo:
    with _asking_keystone(auth, settings):
        found = auth.get_access(session)
        # The fields are read only now, and may be invalid.
        found.will_expire_soon()
        return found


@contextlib.contextmanager
def _asking_keystone(
    auth: plugin.BaseAuthPlugin, settings: tls.Settings,
    purpose: str = 'get a token',
) -> Iterator[None]:
    """Translate the errors of keystoneauth in a block that asks Keystone.

    :param purpose: what the block does, for the log
    :raises: IdentityUnavailable: it fails
    """
    try:
        yield
    except (keystone_exception.ClientException, OSError) as error:
        # OSError: a file that the group names does not exist.
        problem = settings.explain(error)
        cause = exception.ConnectionMisconfigured(problem) if problem else (
            error)
        LOG.error('Cannot %s for the user of [%s]: %s', purpose,
                  settings.group, cause)
        raise exception.IdentityUnavailable() from cause
    except INVALID_RESPONSE_ERRORS as error:
        # keystoneauth keeps a token before it reads it.
        auth.invalidate()
        LOG.exception('Cannot %s for the user of [%s]: the Identity service '
                      'returned an invalid response: %r', purpose,
                      settings.group, error)
        raise exception.IdentityUnavailable() from error


def load_auth(conf: cfg.ConfigOpts, group: str) -> plugin.BaseAuthPlugin:
    """Return keystoneauth's plugin for the user of an option group.

    :raises: ConfigurationError: the options do not describe a user
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
    except (keystone_exception.ClientException, cfg.Error,
            ValueError) as error:
        raise exception.ConfigurationError(f'[{group}] {error}') from error
    if auth is None:
        raise exception.ConfigurationError(f'[{group}] auth_type is not set')
    return auth


def tls_settings(conf: cfg.ConfigOpts, group: str) -> tls.Settings:
    """Return the settings of TLS of a user's option group."""
    section = conf[group].auth_section or group
    return tls.Settings.load(
        conf, group, f'[{section}] auth_url',
        getattr(conf[section], 'auth_url', None))


def load_session(
    conf: cfg.ConfigOpts, group: str, **kwargs: Any,
) -> keystone_session.Session:
    """Return a keystoneauth session with the options of a group.

    :param kwargs: more arguments of the session
    :raises: ConfigurationError: the timeout is negative
    """
    kwargs.setdefault('timeout', timeout(conf, group))
    return loading.load_session_from_conf_options(conf, group, **kwargs)


def timeout(conf: cfg.ConfigOpts, group: str) -> float:
    """Return the ``timeout`` of a group, in seconds. 0 means the default:
    keystoneauth can send no request with it.

    :raises: ConfigurationError: it is negative
    """
    seconds = conf[group].timeout
    if seconds and seconds < 0:
        raise exception.ConfigurationError(
            f'[{group}] timeout: it must not be negative')
    return float(seconds or service_user.TIMEOUT)
