# SPDX-License-Identifier: Apache-2.0

"""The URLs of the Image service."""

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
CATALOGUE = 'its endpoint in the catalogue (or set [glance] endpoint_override)'

# The number of catalogues whose URLs are cached, and of types of services.
CACHE_SIZE = 256

# Seconds for which a server that failed is tried last.
FAILED_SERVER_TIME = 30.0


class Endpoints:
    """The roots of the Image service: its URLs without the API version.

    They are those of ``[glance]``, or else that of the catalogue which comes
    with the caller's token.

    :param conf: the service's configuration
    :param session: a parameter of keystoneauth; it sends no requests
    :raises: ConfigurationError: a URL is invalid, or there can be none

    :ivar source: where they come from, in an operator's words
    """

    def __init__(
        self, conf: cfg.ConfigOpts, session: keystone_session.Session,
    ) -> None:
        options = conf.glance
        self.session = session
        name = _url_option(conf)
        self.servers = [_configured_root(name, url) for url in (
            options.api_servers or [options.endpoint_override]) if url]
        self.source = source(conf)
        self.interfaces: tuple[str, ...] = tuple(options.valid_interfaces)
        self.filters = {
            'service_type': options.service_type,
            'service_name': options.service_name,
            'region_name': options.region_name,
        }
        # Most callers' catalogues are equal, and keystoneauth copies each one.
        self._find_in = functools.lru_cache(CACHE_SIZE)(self._look_up)
        self._is_image_service = functools.lru_cache(CACHE_SIZE)(
            functools.partial(os_service_types.ServiceTypes().is_match,
                              options.service_type))
        self._failed: dict[str, float] = {}
        if not self.servers and conf.api.auth_strategy != api.KEYSTONE:
            raise exception.ConfigurationError(
                '[glance] endpoint_override is not set: without Keystone '
                'there is no catalogue of services')

    def candidates(
        self, context: request_context.RequestContext,
    ) -> list[str]:
        """Return the roots to try, in this order.

        Servers that did not fail recently come first, in random order. The
        others follow; the one that failed most recently is the last.

        :raises: ImageStoreUnavailable: the catalogue has no root
        """
        if self.servers:
            servers = random.sample(self.servers, len(self.servers))
            return sorted(servers, key=self._failed_at)
        root = self._find(context, self.interfaces)
        if root is None:
            LOG.error(
                "The catalogue of the caller's token has no %s endpoint of "
                '%s: check [glance], and [keystone_authtoken] '
                'include_service_catalog', ' or '.join(self.interfaces),
                {name: value for name, value in self.filters.items()
                 if value})
            raise exception.ImageStoreUnavailable()
        return [root]

    def failed(self, root: str) -> None:
        """Note that a server failed."""
        self._failed[root] = time.monotonic()

    def answered(self, root: str) -> None:
        """Note that a server answered."""
        self._failed.pop(root, None)

    def public_root(self, context: request_context.RequestContext) -> str:
        """Return the root for callers: the catalogue's public one, or else one
        that this service uses.

        :raises: ImageStoreUnavailable: no root is known
        """
        return self._find(context, PUBLIC) or (
            self.servers or self.candidates(context))[0]

    def _failed_at(self, root: str) -> float:
        """Return when a server failed, or 0 if that was not recently."""
        failed_at = self._failed.get(root, 0.0)
        is_recent = time.monotonic() - failed_at < FAILED_SERVER_TIME
        return failed_at if is_recent else 0.0

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
        except identity.INVALID_RESPONSE_ERRORS as error:
            LOG.exception("The catalogue of the caller's token is invalid: %r",
                          error)
            return None

    def _look_up(
        self, kind: type[service_catalog.ServiceCatalog], services: bytes,
        interfaces: tuple[str, ...],
    ) -> str | None:
        """Return the root in a catalogue; None if it has none.

        :param kind: keystoneauth's class of the catalogue
        :param services: the entries of the Image service, as JSON
        """
        try:
            url = kind(orjson.loads(services)).url_for(
                interface=list(interfaces), **self.filters)
        except keystone_exception.CatalogException as error:
            LOG.debug('No endpoint in the catalogue: %s', error)
            return None
        return _root(url) if url else None


def _url_option(conf: cfg.ConfigOpts) -> str:
    """Return the name of the option that has the URLs of the servers."""
    return 'api_servers' if conf.glance.api_servers else 'endpoint_override'


def source(conf: cfg.ConfigOpts) -> str:
    """Return where the URLs of the servers come from, in an operator's words.
    """
    options = conf.glance
    if options.api_servers or options.endpoint_override:
        return f'[glance] {_url_option(conf)}'
    return CATALOGUE


def _configured_root(option: str, url: str) -> str:
    """Return the root in an option of ``[glance]``.

    :raises: ConfigurationError: it is not the URL of a server
    """
    root = _root(url)
    try:
        parts = parse.urlsplit(root)
        if parts.username or parts.password:
            # Links would show it to callers, and the log would have it.
            raise exception.ConfigurationError(
                f'[glance] {option}: it must not contain a user or password')
        is_server = (
            parts.scheme in ('http', 'https') and parts.hostname
            and parts.port != 0 and not re.search(r'\s', root))
    except ValueError:
        is_server = False
    if not is_server:
        raise exception.ConfigurationError(
            f'[glance] {option}: it is not the URL of a server, such as '
            'http://image.example.com:9292')
    return root


def _root(url: str) -> str:
    """Return a URL without the API version at its end."""
    if '://' not in url:
        url = f'http://{url}'
    return VERSION.sub('', url.rstrip('/')).rstrip('/')
