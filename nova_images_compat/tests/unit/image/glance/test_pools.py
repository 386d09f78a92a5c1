# SPDX-License-Identifier: Apache-2.0

"""Tests of the connections to the Image service, with real servers."""

import base64
from collections.abc import Mapping
from http import server
import os
import shutil
import ssl
import threading
from typing import Any
from unittest import mock

import fixtures

from nova_images_compat import exception
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import pools
from nova_images_compat.image.glance import transport
from nova_images_compat.tests import certificates
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image.glance import glance_case

PATH = glance_case.PATH
ENVIRONMENT = (
    'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy',
    'NO_PROXY', 'all_proxy', 'ALL_PROXY', 'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE', 'NETRC')


class _Handler(server.BaseHTTPRequestHandler):

    protocol_version = 'HTTP/1.1'
    server: '_Server'

    def do_GET(self) -> None:
        self.server.requests.append(
            (self.command, self.path, dict(self.headers)))
        self.send_response(self.server.status)
        self.send_header('Set-Cookie', 'session=of-a-caller')
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_CONNECT = do_GET

    def log_message(self, *args: Any) -> None:
        pass


class _Server(server.ThreadingHTTPServer):
    """A server that answers each request with the same response.

    :ivar requests: the method, target and headers of each request
    :ivar connections: the number of connections so far
    """

    daemon_threads = True

    def __init__(
        self, status: int, body: bytes, headers: Mapping[str, str],
    ) -> None:
        super().__init__(('127.0.0.1', 0), _Handler)
        self.status, self.body, self.headers = status, body, headers
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.connections = 0

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, *args: Any) -> None:
        """Ignore clients that reject the server's certificate."""


class _TestCase(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        for name in ENVIRONMENT:
            self.useFixture(fixtures.EnvironmentVariable(name))

    def serve(
        self, body: bytes = b'{}', headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None, status: int = 200,
    ) -> _Server:
        if headers is None:
            headers = {'Content-Length': str(len(body))}
        http_server = _Server(status, body, headers)
        if tls:
            http_server.socket = tls.wrap_socket(
                http_server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.addCleanup(http_server.server_close)
        thread = threading.Thread(
            target=http_server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(http_server.shutdown)
        return http_server

    def make(self, root: str, **glance: Any) -> glance_client.Client:
        return glance_client.Client(self.configure({'glance': {
            'endpoint_override': root, 'num_retries': 0, 'timeout': 5,
            **glance}}))

    def get(self, root: str, **glance: Any) -> bytes:
        """Send a request, and return the body of its answer."""
        made = self.make(root, **glance)
        return made.call(glance_case.caller(), 'GET', PATH).body


def _root(http_server: _Server, scheme: str = 'http') -> str:
    return f'{scheme}://127.0.0.1:{http_server.server_port}'


class RequestsTest(_TestCase):

    def test_connection_is_kept(self) -> None:
        for body, headers in (
                (b'{}', None), (b'', None), (b'x' * 200_000, None),
                (b'2\r\n{}\r\n0\r\n\r\n', {'Transfer-Encoding': 'chunked'})):
            with self.case(body[:9], headers):
                http_server = self.serve(body, headers)
                made = self.make(_root(http_server))
                for _ in range(3):
                    made.call(glance_case.caller(), 'GET', PATH)
                self.assertEqual(
                    (3, 1),
                    (len(http_server.requests), http_server.connections))

    def test_redirections_are_not_followed(self) -> None:
        http_server = self.serve(status=302, headers={
            'Location': '/elsewhere', 'Content-Length': '0'})
        self.assertRaises(
            exception.BadGateway, self.get, _root(http_server))
        self.assertEqual(1, len(http_server.requests))

    def test_nothing_of_a_caller_goes_with_the_next_request(self) -> None:
        http_server = self.serve()
        made = self.make(_root(http_server))
        for token in ('one', None):
            made.call(glance_case.caller(auth_token=token), 'GET', PATH)
        first, second = (headers for _, _, headers in http_server.requests)
        self.assertEqual('one', first['X-Auth-Token'])
        self.assertNotIn('X-Auth-Token', second)
        self.assertNotIn('Cookie', second)

    def test_nothing_of_a_netrc(self) -> None:
        (netrc,) = self.create_tempfiles([(
            'netrc', 'machine 127.0.0.1 login a password b\n')], ext='')
        self.useFixture(fixtures.EnvironmentVariable('NETRC', netrc))
        http_server = self.serve()
        self.get(_root(http_server))
        self.assertNotIn('Authorization', http_server.requests[0][2])

    def test_path_of_the_servers_url(self) -> None:
        http_server = self.serve()
        self.get(f'{_root(http_server)}/image')
        self.assertEqual(f'/image{PATH}', http_server.requests[0][1])

    def test_url_that_is_none(self) -> None:
        made = transport.Transport(self.configure({'glance': {
            'endpoint_override': 'http://image.example'}}))
        for root in ('http://[', 'http://image.example:port',
                     'http://' + 'a' * 64 + '.example'):
            with self.case(root):
                error = self.assertRaises(
                    exception.ImageStoreUnavailable, made.send,
                    glance_case.caller(), root, 'GET', PATH, 1)
                self.assertNotIsInstance(error, exception.Unanswered)

    def test_connections_have_room_for_all_threads(self) -> None:
        made = pools.Pools(requests_session())
        for scheme in ('http', 'https'):
            with self.case(scheme):
                pool: Any = made.server(f'{scheme}://image.example').pool
                self.assertEqual(pools.POOL_SIZE, pool.pool.maxsize)
                self.assertEqual(
                    pools.SOCKET_OPTIONS, pool.conn_kw['socket_options'])


class ProxyTest(_TestCase):
    """Proxies of the environment."""

    def setUp(self) -> None:
        super().setUp()
        self.proxy = self.serve()
        self.address = f'127.0.0.1:{self.proxy.server_port}'

    def set(self, name: str, value: str) -> None:
        self.useFixture(fixtures.EnvironmentVariable(name, value))

    def test_it_gets_the_whole_url(self) -> None:
        for url in (self.address, f'http://{self.address}'):
            with self.case(url):
                self.set('http_proxy', url)
                self.get('http://image.example:9292/image')
                self.assertEqual(
                    ('GET', f'http://image.example:9292/image{PATH}'),
                    self.proxy.requests.pop()[:2])

    def test_its_password(self) -> None:
        self.set('http_proxy', f'http://user:a%40b@{self.address}')
        self.get('http://image.example')
        (sent,) = (value for name, value in self.proxy.requests[0][2].items()
                   if name.lower() == 'proxy-authorization')
        self.assertEqual(
            'Basic ' + base64.b64encode(b'user:a@b').decode(), sent)

    def test_tunnel_for_tls(self) -> None:
        self.set('https_proxy', self.address)
        self.assertRaises(
            exception.ImageStoreUnavailable, self.get,
            'https://image.example:9292')
        self.assertEqual(
            ('CONNECT', 'image.example:9292'), self.proxy.requests[0][:2])
        self.assertNotIn('X-Auth-Token', self.proxy.requests[0][2])

    def test_server_without_a_proxy(self) -> None:
        self.set('http_proxy', self.address)
        self.set('no_proxy', '127.0.0.1')
        http_server = self.serve()
        self.get(_root(http_server))
        self.assertEqual(
            (1, 0), (len(http_server.requests), len(self.proxy.requests)))

    def test_proxy_is_that_of_the_server(self) -> None:
        self.set('http_proxy', self.address)
        self.set('no_proxy', '127.0.0.1')
        http_server = self.serve()
        made = pools.Pools(requests_session())
        for number in range(2):
            with self.case(number):
                self.assertEqual(
                    '', made.server(_root(http_server)).prefix)
                self.assertEqual(
                    'http://image.example',
                    made.server('http://image.example').prefix)

    def test_proxies_that_get_no_request(self) -> None:
        for url in ('http://127.0.0.1:1', 'socks5://127.0.0.1:1', 'http://[',
                    'gopher://127.0.0.1:1'):
            with self.case(url):
                self.set('http_proxy', url)
                error = self.assertRaises(
                    exception.ImageStoreUnavailable, self.get,
                    'http://image.example')
                self.assertNotIsInstance(error, exception.Unanswered)

    def test_its_password_is_not_logged(self) -> None:
        for url in ('http://user:s3cret@127.0.0.1:99999',
                    'http://user:s3cret/@127.0.0.1:1',
                    'http://user:s3cret#@127.0.0.1:1',
                    'gopher://user:s3cret@127.0.0.1:1',
                    'http://user:s3cret@127.0.0.1:1'):
            with self.case(url):
                self.set('http_proxy', url)
                self.assertRaises(
                    exception.ImageStoreUnavailable, self.get,
                    'http://image.example')
        self.assertNotIn('s3cret', self.log.output)

    def test_environment_is_read_once_a_server(self) -> None:
        self.set('http_proxy', self.address)
        made = self.make('http://image.example')
        for _ in range(2):
            made.call(glance_case.caller(), 'GET', PATH)
        os.environ.pop('http_proxy')
        made.call(glance_case.caller(), 'GET', PATH)
        self.assertEqual(3, len(self.proxy.requests))


class TLSTest(_TestCase):
    """The certificates that ``[glance]`` names."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.authority = certificates.Authority(self.directory)
        other = self.useFixture(fixtures.TempDir()).path
        self.other = certificates.Authority(other, 'other')

    def listen(self, wants_client: bool = False) -> str:
        return _root(self.serve(
            tls=self.authority.server_context(wants_client)), 'https')

    def assert_not_sent(self, root: str, **glance: Any) -> None:
        error = self.assertRaises(
            exception.ImageStoreUnavailable, self.get, root, **glance)
        self.assertNotIsInstance(error, exception.Unanswered)
        self.assertRegex(self.log.output, '(?i)certificate')

    def test_cafile(self) -> None:
        root = self.listen()
        self.assertEqual(b'{}', self.get(root, cafile=self.authority.file))
        self.assert_not_sent(root, cafile=self.other.file)

    def test_usual_authorities(self) -> None:
        self.assert_not_sent(self.listen())

    def test_authorities_of_the_environment(self) -> None:
        root = self.listen()
        for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
            with self.case(name), fixtures.EnvironmentVariable(
                    name, self.authority.file):
                self.assertEqual(b'{}', self.get(root))

    def test_insecure(self) -> None:
        self.assertEqual(b'{}', self.get(
            self.listen(), cafile=self.other.file, insecure=True))

    def test_name_that_is_not_the_certificates(self) -> None:
        root = self.listen().replace('127.0.0.1', 'localhost')
        self.assert_not_sent(root, cafile=self.authority.file)

    def test_certificate_of_our_own(self) -> None:
        root = self.listen(wants_client=True)
        trusted = {'cafile': self.authority.file}
        self.assertRaises(
            exception.ImageStoreUnavailable, self.get, root, **trusted)
        certificate, key = self.authority.issue('client')
        both = os.path.join(self.directory, 'both.pem')
        with open(both, 'w', encoding='ascii') as file:
            for part in (certificate, key):
                with open(part, encoding='ascii') as source:
                    file.write(source.read())
        for options in ({'certfile': certificate, 'keyfile': key},
                        {'certfile': both}):
            with self.case(options):
                self.assertEqual(
                    b'{}', self.get(root, **trusted, **options))

    def test_file_without_a_certificate(self) -> None:
        file = self.write('file', 'nothing')
        for options in ({'cafile': file},
                        {'certfile': file, 'keyfile': file}):
            with self.case(options):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    'https://image.example', **options)
                self.assertIn('[glance] cafile, certfile', str(error))

    def test_renewed_certificates_need_no_restart(self) -> None:
        trusted = os.path.join(self.directory, 'trusted.pem')
        made = transport.Transport(self.configure({'glance': {
            'endpoint_override': 'https://image.example',
            'cafile': shutil.copy(self.authority.file, trusted)}}))
        for authority in (self.authority, self.other):
            with self.case(authority.file):
                shutil.copy(authority.file, trusted)
                root = _root(self.serve(
                    tls=authority.server_context()), 'https')
                self.assertEqual(200, made.send(
                    glance_case.caller(), root, 'GET', PATH, 5).status)

    def test_proxy_with_tls(self) -> None:
        proxy = self.serve(tls=self.authority.server_context())
        self.useFixture(fixtures.EnvironmentVariable(
            'http_proxy', _root(proxy, 'https')))
        for options in ({'cafile': self.authority.file}, {'insecure': True}):
            with self.case(options):
                self.assertEqual(
                    b'{}', self.get('http://image.example', **options))
        self.assert_not_sent('http://image.example', cafile=self.other.file)


def requests_session() -> Any:
    """Return keystoneauth's session with the default options."""
    return mock.Mock(spec=transport.keystone_session.Session,
                     verify=True, cert=None)
