# SPDX-License-Identifier: Apache-2.0

"""What tests of connections to real servers share."""

from collections.abc import Mapping
from http import server
import ssl
import threading
from typing import Any

import fixtures

from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image.glance import glance_case

ENVIRONMENT = (
    'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'no_proxy',
    'NO_PROXY', 'all_proxy', 'ALL_PROXY', 'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE', 'NETRC')


class _Handler(server.BaseHTTPRequestHandler):

    protocol_version = 'HTTP/1.1'
    server: 'Server'

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


class Server(server.ThreadingHTTPServer):
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


class TestCase(helpers.TestCase):
    """A test with servers, without the proxies of the environment."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        for name in ENVIRONMENT:
            self.useFixture(fixtures.EnvironmentVariable(name))

    def serve(
        self, body: bytes = b'{}', headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None, status: int = 200,
    ) -> Server:
        if headers is None:
            headers = {'Content-Length': str(len(body))}
        http_server = Server(status, body, headers)
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
        return made.call(glance_case.caller(), 'GET', glance_case.PATH).body


def root(http_server: Server, scheme: str = 'http') -> str:
    """Return the URL of a server."""
    return f'{scheme}://127.0.0.1:{http_server.server_port}'
