# SPDX-License-Identifier: Apache-2.0

"""keystonemiddleware's filter that validates tokens, with
``[keystone_authtoken]`` of the service's own configuration."""

from typing import Any

from keystoneauth1 import exceptions as keystone_exception
from keystonemiddleware import auth_token
from oslo_config import cfg
import webob
import webob.exc

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import log

LOG = log.getLogger(__name__)

ENCRYPT = 'ENCRYPT'


class KeystoneAuth(auth_token.AuthProtocol):
    """keystonemiddleware's filter, with faults in place of its HTML."""

    def process_request(self, request: webob.Request) -> Any:
        try:
            return super().process_request(request)
        except webob.exc.HTTPServiceUnavailable:
            return wsgi.Fault(exception.IdentityUnavailable())
        except webob.exc.HTTPException:
            raise
        except keystone_exception.ClientException as error:
            LOG.error('The Identity service is not reachable: %s', error)
            return wsgi.Fault(exception.IdentityUnavailable())
        except Exception:
            # keystonemiddleware does not check what it reads from Keystone.
            LOG.exception(
                'The Identity service returned an invalid response')
            return wsgi.Fault(exception.IdentityUnavailable())


def _make(
    application: paste.WSGIApplication, conf: cfg.ConfigOpts,
) -> paste.WSGIApplication:
    try:
        middleware = KeystoneAuth(
            application, {paste.CONF_KEY: conf})
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
