# SPDX-License-Identifier: Apache-2.0

"""Authentication for development, ``[api] auth_strategy = noauth2``: it
accepts any user that a token names."""

from collections.abc import Iterable
import re
from typing import Any

import orjson
from oslo_config import cfg
import webob

from nova_images_compat.api.pipeline import paste
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

TOKEN = re.compile(
    r'(?P<user>[^:\s]+):(?P<project>[^:\s]+)(:(?P<roles>[^:\s]+))?')
ADMIN_USER = 'admin'
DEFAULT_ROLES = 'member,reader'
ADMIN_ROLES = f'{request_context.ADMIN_ROLE},{DEFAULT_ROLES}'

# The headers that only authentication may set.
IDENTITY_HEADERS = (
    'HTTP_X_DOMAIN', 'HTTP_X_IDENTITY', 'HTTP_X_IS_ADMIN', 'HTTP_X_PROJECT',
    'HTTP_X_ROLE', 'HTTP_X_SERVICE', 'HTTP_X_TENANT', 'HTTP_X_USER',
    'HTTP_OPENSTACK_SYSTEM_SCOPE',
)


class NoAuth(paste.Filter):
    """Accepts tokens of the form ``user:project[:role,role...]``.

    The user "admin" has the role admin; all others are members by default.

    :param application: the application behind this filter
    :param conf: the service's configuration
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        LOG.warning(
            '[api] auth_strategy is noauth2: every token is accepted. This is '
            'for development only.')

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        for name in [name for name in environ
                     if name.startswith(IDENTITY_HEADERS)]:
            del environ[name]
        token = TOKEN.fullmatch(environ.get('HTTP_X_AUTH_TOKEN', ''))
        if token is None:
            return _unauthorized(environ)(environ, start_response)
        roles = token['roles'] or DEFAULT_ROLES
        if token['user'] == ADMIN_USER:
            roles = ADMIN_ROLES
        environ.update({
            'HTTP_X_IDENTITY_STATUS': 'Confirmed',
            'HTTP_X_USER_ID': token['user'],
            'HTTP_X_USER_NAME': token['user'],
            'HTTP_X_PROJECT_ID': token['project'],
            'HTTP_X_PROJECT_NAME': token['project'],
            'HTTP_X_ROLES': roles,
        })
        return self.application(environ, start_response)


def _unauthorized(environ: dict[str, Any]) -> webob.Response:
    """Return a 401 in the format of keystonemiddleware."""
    error = exception.Unauthorized()
    response = webob.Response(status=error.code, body=orjson.dumps({
        'error': {
            'code': error.code,
            'title': 'Unauthorized',
            'message': error.message,
        }}))
    response.headers['Content-Type'] = 'application/json'
    response.headers['WWW-Authenticate'] = 'Noauth realm="development"'
    return response


factory = paste.filter_factory(NoAuth)
