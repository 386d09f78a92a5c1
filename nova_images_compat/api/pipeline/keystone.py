# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's filter that validates tokens, with
``[keystone_authtoken]`` of the service's own configuration."""

import functools
from typing import Any

from keystoneauth1 import exceptions as keystone_exception
from keystonemiddleware import auth_token
from oslo_config import cfg
import webob
import webob.exc

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import token_cache
from nova_images_compat.api import wsgi
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import identity
from nova_images_compat import log

LOG = log.getLogger(__name__)

ENCRYPT = 'ENCRYPT'
NOT_REACHABLE = 'The Identity service is not reachable: %s'


class KeystoneAuth(auth_token.AuthProtocol):
    """keystonemiddleware's filter, with faults in place of its HTML, and
    tokens in memory for some seconds.

    :param application: the application behind this filter
    :param conf: the service's configuration
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, {paste.CONF_KEY: conf})
        self._tls = identity.tls_settings(conf, identity.GROUP)
        self._local_cache = token_cache.make(conf)

    def process_request(self, request: webob.Request) -> Any:
        try:
            return super().process_request(request)
        except webob.exc.HTTPServiceUnavailable as error:
            # keystonemiddleware has logged it, but names no option.
            problem = self._tls.explain(error)
            if problem:
                LOG.error(NOT_REACHABLE, problem)
            return wsgi.Fault(exception.IdentityUnavailable())
        except webob.exc.HTTPException:
            raise
        except (keystone_exception.ClientException, OSError) as error:
            # OSError: a file that an option names does not exist any more.
            LOG.error(NOT_REACHABLE, self._tls.explain(error) or error)
            return wsgi.Fault(exception.IdentityUnavailable())
        except Exception:
            # keystonemiddleware does not check what it reads from Keystone.
            LOG.exception(
                'The Identity service returned an invalid response')
            return wsgi.Fault(exception.IdentityUnavailable())

    def fetch_token(self, token: str, **kwargs: Any) -> Any:
        """Return the data of a token. keystonemiddleware then checks the
        token's expiry.
        """
        fetch = functools.partial(super().fetch_token, token, **kwargs)
        if self._local_cache is None:
            return fetch()
        return self._local_cache.get_or_fetch(token, fetch)


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    try:
        middleware = KeystoneAuth(application, conf)
    except ValueError:
        # keystonemiddleware registers its options just before it reads them.
        reader.check_values(conf)
        raise
    except keystone_exception.ClientException as error:
        raise exception.ConfigurationError(
            f'[keystone_authtoken] {error}') from error
    options = conf.keystone_authtoken
    if not (options.auth_type or options.auth_section):
        raise exception.ConfigurationError(
            '[keystone_authtoken] auth_type is not set: with [api] '
            'auth_strategy keystone, the service needs a user of its own')
    identity.tls_settings(conf, identity.GROUP).check_at_start()
    if options.memcached_servers and not (
            getattr(options, 'memcache_sasl_enabled', False)):
        extras.check(
            extras.TOKEN_CACHE, '[keystone_authtoken] memcached_servers')
    if options.memcache_security_strategy == ENCRYPT:
        extras.check(
            extras.TOKEN_ENCRYPTION,
            f'[keystone_authtoken] memcache_security_strategy = {ENCRYPT}')
    return middleware


factory = paste.filter_factory(_make)
