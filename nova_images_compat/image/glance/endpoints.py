# SPDX-License-Identifier: Apache-2.0

"""Where the Image service is."""

import functools
import random
import re
import time
from urllib import parse

from keystoneauth1.access import service_catalog
from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1 import session as keystone_session
import orjson
import os_service_types
from oslo_config import cfg

from nova_images_compat.conf import api
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat import log

LOG = log.getLogger(__name__)

VERSION = re.compile(r'/v[0-9]+(\.[0-9]+)?$')
PUBLIC = ('public',)

# How many different catalogues are remembered.
CATALOGUES = 256

# Seconds for which a server that did not answer is asked last.
OUT_OF_FAVOUR = 30.0


class Endpoints:
    """The roots of the Image service, by ``[glance]`` and by the catalogue
    of the caller's token.

    :param conf: the service's configuration
    :param session: is asked nothing: the catalogue came with the token
    :raises: ConfigurationError
    """

    def __init__(
        self, conf: cfg.ConfigOpts, session: keystone_session.Session,
    ) -> None:
        options = conf.glance
        self.session = session
        name = 'api_servers' if options.api_servers else 'endpoint_override'
        self.servers = [_configured_root(name, url) for url in (
            options.api_servers or [options.endpoint_override]) if url]
        self.interfaces: tuple[str, ...] = tuple(options.valid_interfaces)
        self.filters = {
            'service_type': options.service_type,
            'service_name': options.service_name,
            'region_name': options.region_name,
        }
        # One catalogue is like another, and keystoneauth copies it to look.
        self._find_in = functools.lru_cache(CATALOGUES)(self._look_up)
        self._is_image_service = functools.partial(
            os_service_types.ServiceTypes().is_match, options.service_type)
        self._failed: dict[str, float] = {}
        if not self.servers and conf.api.auth_strategy != api.KEYSTONE:
            raise exception.ConfigurationError(
                '[glance] endpoint_override is not set: without Keystone '
                'there is no catalogue that it could be found in')

    def candidates(
        self, context: request_context.RequestContext,
    ) -> list[str]:
        """Return the roots to ask, in turn: in random order those that have
        not failed of late, then those that have, the last to fail last.

        :raises: ImageStoreUnavailable: the catalogue has none
        """
        if self.servers:
            servers = random.sample(self.servers, len(self.servers))
            return sorted(servers, key=self._failed_at)
        root = self._find(context, self.interfaces)
        if root is None:
            LOG.error(
                "The catalogue of the caller's token has no %s endpoint of "
                '%s: look at [glance], and at [keystone_authtoken] '
                'include_service_catalog', ' or '.join(self.interfaces),
                {name: value for name, value in self.filters.items()
                 if value})
            raise exception.ImageStoreUnavailable()
        return [root]

    def failed(self, root: str) -> None:
        """Remember that a server did not answer."""
        self._failed[root] = time.monotonic()

    def answered(self, root: str) -> None:
        """Forget that a server did not answer once."""
        self._failed.pop(root, None)

    def public_root(self, context: request_context.RequestContext) -> str:
        """Return the root that callers reach, as far as it is known.

        :raises: ImageStoreUnavailable: no root is known
        """
        return self._find(context, PUBLIC) or (
            self.servers or self.candidates(context))[0]

    def _failed_at(self, root: str) -> float:
        failed = self._failed.get(root, 0.0)
        return failed if time.monotonic() - failed < OUT_OF_FAVOUR else 0.0

    def _find(
        self, context: request_context.RequestContext,
        interfaces: tuple[str, ...],
    ) -> str | None:
        if context.user_auth is None:
            return None
        try:
            catalog = context.user_auth.get_access(
                self.session).service_catalog
            services = [service for service in catalog.catalog
                        if self._is_image_service(service.get('type', ''))]
            return self._find_in(
                type(catalog), orjson.dumps(services), interfaces)
        except keystone_exception.ClientException as error:
            LOG.debug('No endpoint in the catalogue: %s', error)
            return None
        except identity.NONSENSE as error:
            LOG.exception("The catalogue of the caller's token is invalid: %r",
                          error)
            return None

    def _look_up(
        self, kind: type[service_catalog.ServiceCatalog], services: bytes,
        interfaces: tuple[str, ...],
    ) -> str | None:
        """Return a root out of a part of a catalogue, which is JSON; None if
        it has none.
        """
        try:
            url = kind(orjson.loads(services)).url_for(
                interface=list(interfaces), **self.filters)
        except keystone_exception.CatalogException as error:
            LOG.debug('No endpoint in the catalogue: %s', error)
            return None
        return _root(url) if url else None


def _configured_root(option: str, url: str) -> str:
    """Return the root that an option names.

    :raises: ConfigurationError: it is no URL of a server
    """
    root = _root(url)
    try:
        parts = parse.urlsplit(root)
        if parts.username or parts.password:
            # It would be shown to callers, in links, and in the log.
            raise exception.ConfigurationError(
                f'[glance] {option}: no user nor password may be in it')
        is_server = (
            parts.scheme in ('http', 'https') and parts.hostname
            and parts.port != 0 and not re.search(r'\s', root))
    except ValueError:
        is_server = False
    if not is_server:
        raise exception.ConfigurationError(
            f'[glance] {option}: it is no URL of a server, such as '
            'http://image.example.com:9292')
    return root


def _root(url: str) -> str:
    """Return a URL without the version that it may end in."""
    if '://' not in url:
        url = f'http://{url}'
    return VERSION.sub('', url.rstrip('/')).rstrip('/')
