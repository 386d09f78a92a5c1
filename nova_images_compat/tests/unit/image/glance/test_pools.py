# SPDX-License-Identifier: Apache-2.0

"""Tests of the connections to the Image service, with real servers."""

import base64
import os
from typing import Any
from unittest import mock

import fixtures

from nova_images_compat import exception
from nova_images_compat.image.glance import pools
from nova_images_compat.image.glance import transport
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests.unit.image.glance import server_case

PATH = glance_case.PATH


class RequestsTest(server_case.TestCase):

    def test_connection_is_kept(self) -> None:
        for body, headers in (
                (b'{}', None), (b'', None), (b'x' * 200_000, None),
                (b'2\r\n{}\r\n0\r\n\r\n', {'Transfer-Encoding': 'chunked'})):
            with self.case(body[:9], headers):
                http_server = self.serve(body, headers)
                made = self.make(server_case.root(http_server))
                for _ in range(3):
                    made.call(glance_case.caller(), 'GET', PATH)
                self.assertEqual(
                    (3, 1),
                    (len(http_server.requests), http_server.connections))

    def test_redirections_are_not_followed(self) -> None:
        http_server = self.serve(status=302, headers={
            'Location': '/elsewhere', 'Content-Length': '0'})
        self.assertRaises(
            exception.BadGateway, self.get, server_case.root(http_server))
        self.assertEqual(1, len(http_server.requests))

    def test_nothing_of_a_caller_goes_with_the_next_request(self) -> None:
        http_server = self.serve()
        made = self.make(server_case.root(http_server))
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
        self.get(server_case.root(http_server))
        self.assertNotIn('Authorization', http_server.requests[0][2])

    def test_path_of_the_servers_url(self) -> None:
        http_server = self.serve()
        self.get(f'{server_case.root(http_server)}/image')
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


class ProxyTest(server_case.TestCase):
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
        self.get(server_case.root(http_server))
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
                    '', made.server(server_case.root(http_server)).prefix)
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


def requests_session() -> Any:
    """Return keystoneauth's session with the default options."""
    return mock.Mock(spec=transport.keystone_session.Session,
                     verify=True, cert=None)
