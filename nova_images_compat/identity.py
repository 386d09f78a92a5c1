# SPDX-License-Identifier: Apache-2.0

"""The service's users at Keystone: its own, of ``[keystone_authtoken]``, and
how that of any group is loaded."""

from collections.abc import Iterator
import contextlib

from keystoneauth1 import access
from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1.identity import access as access_plugin
from keystoneauth1.identity import base as identity_base
from keystoneauth1 import loading
from keystoneauth1.loading import session as session_loading
from keystoneauth1 import plugin
from keystoneauth1 import session as keystone_session
from keystonemiddleware import opts as middleware_opts
from oslo_config import cfg

from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

GROUP = 'keystone_authtoken'

# Seconds, where http_connect_timeout does not say.
TIMEOUT = 10

# What keystoneauth raises as it takes apart a document of another shape than
# Keystone's. It calls nothing of ours meanwhile.
NONSENSE = (
    AttributeError, LookupError, RecursionError, TypeError, ValueError)


class OwnUser:
    """The user that keystonemiddleware validates callers' tokens as.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        for name, opts in middleware_opts.list_auth_token_opts():
            conf.register_opts(opts, group=name)
        loading.register_auth_conf_options(conf, GROUP)
        auth = load_auth(conf, GROUP)
        if not isinstance(auth, identity_base.BaseIdentityPlugin):
            raise exception.ConfigurationError(
                f'[{GROUP}] auth_type: it is not that of a user')
        self._auth = auth
        options = conf[GROUP]
        self._session = session_loading.Session().load_from_options(
            cert=options.certfile, key=options.keyfile,
            cacert=options.cafile, insecure=options.insecure,
            timeout=options.http_connect_timeout or TIMEOUT)

    def access(self) -> access.AccessInfo:
        """Return the user's token and its catalogue: a new one if the last
        is about to expire.

        :raises: IdentityUnavailable: Keystone issues none
        """
        return _access(self._auth, self._session, GROUP)

    def context(self) -> request_context.RequestContext:
        """Return the context of a request of the user's own.

        :raises: IdentityUnavailable: Keystone issues no token
        """
        found = self.access()
        return request_context.RequestContext(
            overwrite=False, auth_token=found.auth_token,
            user_auth=access_plugin.AccessInfoPlugin(found))


def token(
    auth: plugin.BaseAuthPlugin, session: keystone_session.Session,
    group: str,
) -> str | None:
    """Return a user's token: a new one if the last is about to expire.

    :param group: the options of the user, for the log
    :raises: IdentityUnavailable: Keystone issues none
    """
    if isinstance(auth, identity_base.BaseIdentityPlugin):
        return _access(auth, session, group).auth_token
    with _asking_keystone(auth, group):
        return auth.get_token(session)


def _access(
    auth: identity_base.BaseIdentityPlugin,
    session: keystone_session.Session, group: str,
) -> access.AccessInfo:
    with _asking_keystone(auth, group):
        found = auth.get_access(session)
        # It reads the token's fields when somebody asks for them.
        found.will_expire_soon()
        return found


@contextlib.contextmanager
def _asking_keystone(
    auth: plugin.BaseAuthPlugin, group: str,
) -> Iterator[None]:
    """Translate what keystoneauth raises if Keystone issues no token.

    :raises: IdentityUnavailable
    """
    try:
        yield
    except (keystone_exception.ClientException, OSError) as error:
        # OSError: a file of [group] that requests does not find.
        LOG.error('No token for the user of [%s]: %s', group, error)
        raise exception.IdentityUnavailable() from error
    except NONSENSE as error:
        # It keeps a token before it has looked at it.
        auth.invalidate()
        LOG.exception('No token for the user of [%s]: the Identity service '
                      'returned an invalid response: %r', group, error)
        raise exception.IdentityUnavailable() from error


def load_auth(conf: cfg.ConfigOpts, group: str) -> plugin.BaseAuthPlugin:
    """Return what gets tokens for the user of a group of options.

    :raises: ConfigurationError
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
    except (keystone_exception.ClientException, cfg.Error,
            ValueError) as error:
        raise exception.ConfigurationError(f'[{group}] {error}') from error
    if auth is None:
        raise exception.ConfigurationError(f'[{group}] auth_type is not set')
    return auth
