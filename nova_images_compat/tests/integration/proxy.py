# SPDX-License-Identifier: Apache-2.0

"""A TCP proxy that stands between our service and another, and that tests
tell what to do wrong."""

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
    """A request that the proxy was sent.

    :ivar path: the path, with the query string
    :ivar headers: by names in lower case
    :ivar is_passed_on: whether it was sent to the server
    """

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    is_passed_on: bool = False


class Exchange:
    """A request, and what becomes of it.

    :param client: where it came from
    :param server: the address that it may be passed on to
    :param closed: is set when the proxy ends
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
        """Send the request to the server, and return its whole answer."""
        return self.pass_on_and_do(lambda: None)

    def pass_on_and_do(self, action: Callable[[], None]) -> bytes:
        """The same, and do something before the answer comes."""
        with socket.create_connection(self._address, TIMEOUT) as server:
            self.request.is_passed_on = True
            server.sendall(self.request.raw)
            action()
            with server.makefile('rb') as answer:
                return answer.read()

    def answer(self, raw: bytes) -> None:
        self._client.sendall(raw)

    def reset(self) -> None:
        """End the connection as a crash does."""
        self._client.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._client.close()

    def wait(self, seconds: float = TIMEOUT) -> None:
        """Wait, but not after the client has gone or the proxy ends."""
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
    """Passes requests on to a server, one a connection, until it is told
    otherwise.

    :param target: the server's root URL
    :ivar url: the proxy's own
    :ivar asked: the requests that it was sent
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
        """Do something wrong from now on.

        :param when: method; path: a part of it; every: only with each so
            manieth of those; times: so often and no more
        """
        with self._lock:
            self._rule = _Rule(fault, **when)

    def heal(self) -> None:
        """Do all right from now on."""
        self.fail(pass_on)
        self.listen()

    def forget(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self.asked = []

    def count(self, method: str | None = None, path: str = '') -> int:
        """Return how many requests were passed on."""
        return sum(
            request.is_passed_on and path in request.path
            and method in (None, request.method) for request in self.asked)

    def listen(self) -> None:
        if self._listener is None:
            self._listener = socket.create_server(
                (process.HOST, self._port), backlog=128)
            self._thread = threading.Thread(
                target=self._accept, args=[self._listener], daemon=True)
            self._thread.start()

    def refuse(self) -> None:
        """Accept no connections."""
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
