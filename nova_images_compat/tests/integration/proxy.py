# SPDX-License-Identifier: Apache-2.0

"""A TCP proxy between our service and another, for tests of failures."""

from collections.abc import Callable
from collections.abc import Mapping
import contextlib
import dataclasses
import http.client
import io
import select
import socket
import struct
import threading
import time
from typing import Any
from urllib import parse

import fixtures

from nova_images_compat.tests.integration.stack import process

TIMEOUT = 60.0

_POLL_SECONDS = 0.05
_RESET = struct.pack('ii', 1, 0)


@dataclasses.dataclass(eq=False)
class Request:
    """A request that the proxy received.

    :ivar path: the path, with the query string
    :ivar headers: the headers, by names in lower case
    :ivar raw: the whole request
    :ivar is_passed_on: whether it was sent to the server
    """

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    is_passed_on: bool = False


class Exchange:
    """A request, and its connection.

    :param request: the request
    :param client: the connection of the client
    :param server: the address of the server
    :param closed: is set when the proxy stops
    """

    def __init__(
        self, request: Request, client: socket.socket,
        server: tuple[str, int], closed: threading.Event,
    ) -> None:
        self.request = request
        self._client = client
        self._address = server
        self._closed = closed

    def pass_on(self) -> bytes:
        """Send the request to the server, and return its whole response."""
        return self.pass_on_and_do(lambda: None)

    def pass_on_and_do(self, action: Callable[[], None]) -> bytes:
        """Pass the request on, and call a function before the response."""
        with socket.create_connection(self._address, TIMEOUT) as server:
            self.request.is_passed_on = True
            server.sendall(self.request.raw)
            action()
            with server.makefile('rb') as answer:
                return answer.read()

    def answer(self, raw: bytes) -> None:
        """Send bytes to the client."""
        self._client.sendall(raw)

    def reset(self) -> None:
        """Reset the connection, like a crash."""
        self._client.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._client.close()

    def wait(self, seconds: float = TIMEOUT) -> None:
        """Wait, at most until the client disconnects or the proxy stops."""
        deadline = time.monotonic() + seconds
        while not self._closed.is_set() and time.monotonic() < deadline:
            readable, _, _ = select.select(
                [self._client], [], [], _POLL_SECONDS)
            if readable and not self._client.recv(1, socket.MSG_PEEK):
                return


Fault = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    exchange.answer(exchange.pass_on())


@dataclasses.dataclass
class _Rule:
    fault: Fault
    method: str | None = None
    path: str = ''
    every: int = 1
    times: int | None = None
    seen: int = 0
    done: int = 0

    def applies(self, request: Request) -> bool:
        if self.method not in (None, request.method) or (
                self.path not in request.path):
            return False
        self.seen += 1
        if self.seen % self.every or self.done == self.times:
            return False
        self.done += 1
        return True


class Proxy(fixtures.Fixture):
    """Passes requests on to a server, unless it is told to fail.

    Each connection has one request.

    :param target: the root URL of the server
    :ivar url: the root URL of the proxy
    :ivar asked: the requests that it received
    """

    def __init__(self, target: str) -> None:
        parts = parse.urlsplit(target)
        self._server = (str(parts.hostname), int(parts.port or 80))
        self._port = process.free_port()
        self.url = f'http://{process.HOST}:{self._port}'
        self.asked: list[Request] = []
        self._rule = _Rule(pass_on)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._listener: socket.socket | None = None

    def _setUp(self) -> None:
        self.listen()
        self.addCleanup(self.refuse)
        self.addCleanup(self._closed.set)

    def fail(self, fault: Fault, **when: Any) -> None:
        """Fail from now on.

        :param fault: handles the requests
        :param when: only requests with this ``method``; with this text in the
            ``path``; ``every`` second, third, ... of those; ``times``: at most
            so many
        """
        with self._lock:
            self._rule = _Rule(fault, **when)

    def heal(self) -> None:
        """Accept connections, and pass all requests on from now on."""
        self.fail(pass_on)
        self.listen()

    def forget(self) -> None:
        """Forget the received requests."""
        with self._lock:
            self.asked = []

    def count(self, method: str | None = None, path: str = '') -> int:
        """Return the number of requests that were passed on.

        :param method: count only those with this method
        :param path: count only those with this text in the path
        """
        return sum(
            request.is_passed_on and path in request.path
            and method in (None, request.method) for request in self.asked)

    def listen(self) -> None:
        """Accept connections."""
        if self._listener is None:
            self._listener = socket.create_server(
                (process.HOST, self._port), backlog=128)
            self._thread = threading.Thread(
                target=self._accept, args=[self._listener], daemon=True)
            self._thread.start()

    def refuse(self) -> None:
        """Stop accepting connections."""
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(
                    target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(TIMEOUT)
            request = _read_request(client)
            if request is None:
                return
            with self._lock:
                self.asked.append(request)
                applies = self._rule.applies(request)
                fault = self._rule.fault if applies else pass_on
            fault(Exchange(request, client, self._server, self._closed))


def _read_request(client: socket.socket) -> Request | None:
    with client.makefile('rb') as stream:
        line = stream.readline()
        if not line:
            return None
        head = b''.join(iter(stream.readline, b'\r\n')) + b'\r\n'
        headers = {
            name.lower(): value for name, value
            in http.client.parse_headers(io.BytesIO(head)).items()}
        body = stream.read(int(headers.get('content-length', 0)))
    method, path, _ = line.decode('latin-1').split(' ', 2)
    return Request(method, path, headers, line + head + body)
