# SPDX-License-Identifier: Apache-2.0

"""Tests of what goes to the Image service, and what does not."""

from http import server
import threading
from typing import Any
from unittest import mock

import fixtures
from keystoneauth1 import session as keystone_session
import requests

from nova_images_compat.image.glance import connections
from nova_images_compat.tests import base
from nova_images_compat.tests.unit import requests_case

URL = 'http://image.example/v2/images'
PROXY = 'http://proxy.example:3128'
HEADERS = {'X-Auth-Token': 'token', 'Accept': 'application/json'}


class ConnectionsTest(requests_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        for name in ('http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY',
                     'all_proxy', 'ALL_PROXY', 'REQUESTS_CA_BUNDLE'):
            self.useFixture(fixtures.EnvironmentVariable(name))
        self.mocker.get(URL, text='{}')
        self.mocker.patch(URL, text='{}')
        self.session = connections.Connections()

    def send(
        self, method: str = 'GET', url: str = URL, **kwargs: Any,
    ) -> requests.Response:
        return self.session.request(method, url, **{
            'headers': HEADERS, 'timeout': (1, 2), 'verify': True,
            'stream': True, **kwargs})

    def test_just_the_headers_that_are_given(self) -> None:
        self.send()
        self.assertEqual(HEADERS, dict(self.sent.headers))

    def test_body(self) -> None:
        self.send('PATCH', data=b'[{}]')
        request = self.sent
        self.assertEqual(b'[{}]', request.body)
        self.assertEqual(
            {**HEADERS, 'Content-Length': '4'}, dict(request.headers))

    def test_query_string_is_quoted(self) -> None:
        self.send(params={'name': 'a b&c', 'limit': 3})
        self.assertEqual(
            'name=a+b%26c&limit=3', self.sent.query)

    def test_header_that_would_be_two_is_refused(self) -> None:
        self.assertRaises(
            requests.exceptions.InvalidHeader, self.send,
            headers={'X-Auth-Token': 'a\r\nX-Roles: admin'})

    def test_nothing_of_a_netrc(self) -> None:
        netrc = self.create_tempfiles([(
            'netrc', 'machine image.example login a password b\n')], ext='')
        self.useFixture(fixtures.EnvironmentVariable('NETRC', netrc[0]))
        self.send()
        self.assertNotIn('Authorization', self.sent.headers)

    def test_proxy_of_the_environment(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('http_proxy', PROXY))
        self.send()
        self.assertEqual(
            PROXY, self.sent.proxies['http'])

    def test_host_without_a_proxy(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('http_proxy', PROXY))
        self.useFixture(
            fixtures.EnvironmentVariable('no_proxy', 'image.example'))
        self.send()
        self.assertNotIn('http', self.sent.proxies)

    def test_certificates_of_the_environment(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable(
            'REQUESTS_CA_BUNDLE', '/a/bundle'))
        self.send()
        self.assertEqual('/a/bundle', self.sent.verify)
        self.send(verify=False)
        self.assertIs(False, self.sent.verify)

    def test_environment_is_read_once_a_server(self) -> None:
        with mock.patch.object(
                requests.Session, 'merge_environment_settings',
                autospec=True,
                side_effect=requests.Session.merge_environment_settings,
        ) as merge:
            for _ in range(3):
                self.send()
        self.assertEqual(1, merge.call_count)

    def test_proxy_is_that_of_the_server(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('http_proxy', PROXY))
        self.useFixture(
            fixtures.EnvironmentVariable('no_proxy', 'image.example'))
        other = URL.replace('image', 'image2')
        self.mocker.get(other, text='{}')
        for number in range(2):
            with self.case(number):
                self.send()
                self.assertNotIn('http', self.sent.proxies)
                self.send(url=other)
                self.assertEqual(
                    PROXY, self.sent.proxies['http'])

    def test_connections_have_room_for_all_threads(self) -> None:
        for scheme in ('http', 'https'):
            with self.case(scheme):
                adapter: Any = self.session.get_adapter(
                    f'{scheme}://image.example')
                self.assertIsInstance(
                    adapter, keystone_session.TCPKeepAliveAdapter)
                self.assertEqual(
                    connections.POOL_SIZE,
                    adapter.poolmanager.connection_pool_kw['maxsize'])


class OnTheWireTest(base.TestCase):
    """What a real server gets."""

    def setUp(self) -> None:
        super().setUp()
        seen: list[dict[str, str]] = []
        self.seen = seen

        class Handler(server.BaseHTTPRequestHandler):

            def do_GET(self) -> None:
                seen.append(dict(self.headers))
                self.send_response(200)
                self.send_header('Set-Cookie', 'session=of-a-caller')
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        http_server = server.HTTPServer(('127.0.0.1', 0), Handler)
        self.addCleanup(http_server.server_close)
        thread = threading.Thread(target=http_server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(http_server.shutdown)
        self.url = f'http://127.0.0.1:{http_server.server_port}/'

    def send_twice(self, session: requests.Session) -> None:
        for _ in range(2):
            session.request(
                'GET', self.url, headers=HEADERS, timeout=(5, 5),
                verify=True, stream=True).close()

    def test_cookies_are_not_kept(self) -> None:
        session = connections.Connections()
        self.addCleanup(session.close)
        self.send_twice(session)
        self.assertEqual([], [
            headers['Cookie'] for headers in self.seen
            if 'Cookie' in headers])
        self.assertEqual([], list(session.cookies))

    def test_a_session_of_requests_would_keep_them(self) -> None:
        session = requests.Session()
        self.addCleanup(session.close)
        self.send_twice(session)
        self.assertEqual('session=of-a-caller', self.seen[1]['Cookie'])
