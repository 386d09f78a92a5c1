# SPDX-License-Identifier: Apache-2.0

"""urllib3's pools of connections to the servers of the Image service."""

import dataclasses
import functools
import os
import socket
import ssl
from typing import Any

from keystoneauth1 import session as keystone_session
import requests
import urllib3
import urllib3.connection
import urllib3.exceptions
from urllib3.util import ssl_

from nova_images_compat.conf import glance
from nova_images_compat import exception
from nova_images_compat.image.glance import prompt_reads

# Connections per server that are kept open.
POOL_SIZE = 64

# Servers whose pools are kept.
MAX_SERVERS = 256

# A firewall may drop an idle connection silently. Seconds, except the count.
KEEPALIVE = {'TCP_KEEPIDLE': 60, 'TCP_KEEPINTVL': 15, 'TCP_KEEPCNT': 4}

SOCKET_OPTIONS = [
    *urllib3.connection.HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *((socket.IPPROTO_TCP, getattr(socket, name), value)
      for name, value in KEEPALIVE.items() if hasattr(socket, name))]


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server of the Image service.

    :ivar pool: its connections
    :ivar prefix: what precedes the path of a request: the path of the
        server's URL, or all of it if a proxy forwards the request
    """

    pool: urllib3.HTTPConnectionPool
    prefix: str


class Pools:
    """The connections to all servers.

    For each server, the proxies and certificates of the environment are read
    once, as requests reads them. Nothing is kept from one request to the next
    except the connections: no cookies, and no passwords of a ``.netrc``.

    :param session: holds the options of ``[glance]``: its certificates, and
        whether to verify those of servers; it sends no requests
    :raises: ConfigurationError: a file of certificates is invalid
    """

    def __init__(self, session: keystone_session.Session) -> None:
        self._verify: bool | str = session.verify or False
        self._certificate: str | tuple[str, str] | None = session.cert
        self.server = functools.lru_cache(MAX_SERVERS)(self._open)
        self._tls_context = functools.lru_cache(MAX_SERVERS)(self._load)
        if self._certificate or isinstance(self._verify, str):
            try:
                self._tls_context(self._verify)
            except OSError as error:
                raise exception.ConfigurationError(
                    f'[{glance.GROUP.name}] cafile, certfile, keyfile: '
                    f'{error}') from error

    def _open(self, root: str) -> Server:
        """Return a server.

        :param root: its URL, without the API version
        :raises: urllib3.exceptions.HTTPError: it is not the URL of a server
        :raises: OSError: a file of certificates that the environment names
            is invalid
        """
        url = urllib3.util.parse_url(root)
        settings = requests.Session().merge_environment_settings(
            root, {}, None, self._verify, self._certificate)
        options: dict[str, Any] = {
            'maxsize': POOL_SIZE, 'socket_options': SOCKET_OPTIONS}
        if url.scheme == 'https':
            context = self._tls_context(settings['verify'])
            options |= {'ssl_context': context,
                        'cert_reqs': context.verify_mode}
        proxy = requests.utils.select_proxy(root, settings['proxies'])
        prefix = url.path or ''
        if proxy is None:
            pool = urllib3.connection_from_url(root, **options)
        else:
            manager = _proxy_manager(proxy, options)
            pool = manager.connection_from_url(root)
            if url.scheme == 'http' and (
                    isinstance(manager, urllib3.ProxyManager)):
                prefix = root
        prompt_reads.enable(pool)
        return Server(pool, prefix)

    def _load(self, verify: bool | str) -> ssl.SSLContext:
        """Return the TLS settings of connections.

        :param verify: whether to verify the servers' certificates, or the
            file or directory of certification authorities for it
        :raises: OSError: a file does not exist, or holds no certificate
        """
        if not verify:
            context = ssl_.create_urllib3_context(cert_reqs=ssl.CERT_NONE)
        else:
            context = ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
            trusted = verify if isinstance(verify, str) else (
                requests.utils.DEFAULT_CA_BUNDLE_PATH)
            if os.path.isdir(trusted):
                context.load_verify_locations(capath=trusted)
            else:
                context.load_verify_locations(cafile=trusted)
        if isinstance(self._certificate, str):
            context.load_cert_chain(self._certificate)
        elif self._certificate:
            context.load_cert_chain(*self._certificate)
        return context


def _proxy_manager(
    proxy: str, options: dict[str, Any],
) -> urllib3.PoolManager:
    """Return the connections that go through a proxy.

    :param proxy: its URL
    :param options: urllib3's options of the connections
    :raises: urllib3.exceptions.HTTPError: it is not the URL of a proxy
    """
    proxy = requests.utils.prepend_scheme_if_needed(proxy, 'http')
    user, password = requests.utils.get_auth_from_url(proxy)
    if proxy.lower().startswith('socks'):
        try:
            from urllib3.contrib import socks
        except ImportError as error:
            raise urllib3.exceptions.LocationValueError(
                'SOCKS proxies need the package PySocks') from error
        return socks.SOCKSProxyManager(proxy, user, password, **options)
    headers = urllib3.make_headers(
        proxy_basic_auth=f'{user}:{password}') if user else {}
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
