# SPDX-License-Identifier: Apache-2.0

"""The Image service for tests, behind a real connection."""

from http import server
import threading
from typing import Any

import requests

from nova_images_compat.tests import fake_glance


class _Handler(server.BaseHTTPRequestHandler):

    protocol_version = 'HTTP/1.1'

    def _answer(self) -> None:
        request = requests.Request(
            self.command, fake_glance.ROOT + self.path, dict(self.headers),
            data=self.rfile.read(int(self.headers.get('Content-Length', 0))))
        with requests.Session() as session:
            response = session.send(request.prepare(), allow_redirects=False)
        self.send_response_only(response.status_code)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(response.content)))
        self.send_header('X-Openstack-Request-Id', 'req-of-the-image-service')
        self.end_headers()
        self.wfile.write(response.content)

    do_GET = do_PATCH = do_DELETE = _answer

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


class ServedGlance(fake_glance.FakeGlance):
    """The Image service at a port of 127.0.0.1.

    :ivar root: its URL
    """

    def connect(self) -> None:
        http_server = server.ThreadingHTTPServer(('127.0.0.1', 0), _Handler)
        http_server.daemon_threads = True
        self.root = f'http://127.0.0.1:{http_server.server_port}'
        thread = threading.Thread(
            target=http_server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(http_server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(http_server.shutdown)
