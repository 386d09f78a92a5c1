# SPDX-License-Identifier: Apache-2.0

"""urllib3's pools of connections to the servers of the Image service."""

from collections.abc import Callable
import dataclasses
import functools
import os
import socket
from typing import Any

from keystoneauth1 import session as keystone_session
import requests
import urllib3
import urllib3.connection
import urllib3.exceptions

from nova_images_compat.image.glance import alerts
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
    """

    def __init__(self, session: keystone_session.Session) -> None:
        self._verify: bool | str = session.verify or False
        self._certificate: str | tuple[str, str] | None = session.cert
        self.server = functools.lru_cache(MAX_SERVERS)(self._open)

    def _open(self, root: str) -> Server:
        """Return a server.

        :param root: its URL, without the API version
        :raises: urllib3.exceptions.HTTPError: it is not the URL of a server
        """
        url = urllib3.util.parse_url(root)
        settings = requests.Session().merge_environment_settings(
            root, {}, None, self._verify, self._certificate)
        tls = _tls_options(
            settings['verify'] or False, self._certificate)
        options = {'maxsize': POOL_SIZE, 'socket_options': SOCKET_OPTIONS}
        proxy = requests.utils.select_proxy(root, settings['proxies'])
        prefix = url.path or ''
        if proxy is None:
            if url.scheme == 'https':
                options |= tls
            pool = urllib3.connection_from_url(root, **options)
        else:
            manager = _proxy_manager(proxy, {**options, **tls})
            pool = manager.connection_from_url(root)
            if url.scheme == 'http' and (
                    isinstance(manager, urllib3.ProxyManager)):
                prefix = root
        prompt_reads.enable(pool)
        alerts.enable(pool)
        return Server(pool, prefix)


def _tls_options(
    verify: bool | str, certificate: str | tuple[str, str] | None,
) -> dict[str, Any]:
    """Return urllib3's options of TLS. Each new connection reads the files,
    so that renewed certificates need no restart.

    :param verify: whether to verify the servers' certificates, or the file or
        directory of certification authorities for it
    :param certificate: the file of our own certificate, or the files of it
        and of its key
    """
    options: dict[str, Any] = {'cert_reqs': 'CERT_NONE'}
    if verify:
        trusted = verify if isinstance(verify, str) else (
            requests.utils.DEFAULT_CA_BUNDLE_PATH)
        kind = 'ca_cert_dir' if os.path.isdir(trusted) else 'ca_certs'
        options = {'cert_reqs': 'CERT_REQUIRED', kind: trusted}
    if isinstance(certificate, str):
        options['cert_file'] = certificate
    elif certificate:
        options['cert_file'], options['key_file'] = certificate
    return options


def _proxy_manager(
    proxy: str, options: dict[str, Any],
) -> urllib3.PoolManager:
    """Return the connections that go through a proxy.

    :param proxy: its URL
    :param options: urllib3's options of the connections
    :raises: urllib3.exceptions.LocationValueError: it is not the URL of a
        proxy
    """
    is_socks = proxy.lower().startswith('socks')
    socks_manager = _socks_manager() if is_socks else None
    try:
        proxy = requests.utils.prepend_scheme_if_needed(proxy, 'http')
        user, password = requests.utils.get_auth_from_url(proxy)
        if socks_manager:
            return socks_manager(proxy, user, password, **options)
        headers = urllib3.make_headers(
            proxy_basic_auth=f'{user}:{password}') if user else {}
        return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
    except urllib3.exceptions.LocationValueError:
        # Its text contains the password.
        raise urllib3.exceptions.LocationValueError(
            'the URL of the proxy in the environment is not valid') from None


def _socks_manager() -> Callable[..., urllib3.PoolManager]:
    """Return urllib3's class for SOCKS proxies.

    :raises: urllib3.exceptions.LocationValueError: the package PySocks is not
        installed
    """
    try:
        from urllib3.contrib import socks
    except ImportError as error:
        raise urllib3.exceptions.LocationValueError(
            'SOCKS proxies need the package PySocks') from error
    return socks.SOCKSProxyManager
