# SPDX-License-Identifier: Apache-2.0

"""Servers that speak memcached's protocol."""

from collections.abc import Mapping
import contextlib
import hashlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from typing import Any
from typing import NamedTuple

import fixtures

HOST = '127.0.0.1'
PROGRAM = shutil.which(
    'memcached', path=f'{os.environ.get("PATH", "")}:/usr/bin:/usr/local/bin')


class Entry(NamedTuple):
    """What a client has stored.

    :ivar flags: the client's mark of the type
    :ivar seconds: how long to keep it
    """

    flags: int
    seconds: int
    value: bytes


class FakeMemcached(fixtures.Fixture):
    """A server in this process that knows "get" and "set" and keeps all.

    :ivar address: where it listens
    :ivar entries: what it keeps, by key
    :ivar asked: the keys of all "get" commands
    :ivar received: the number of commands so far
    :ivar answers: it answers while this is set
    """

    def _setUp(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.asked: list[str] = []
        self.received = 0
        self.answers = threading.Event()
        self.answers.set()
        server = socketserver.ThreadingTCPServer(
            (HOST, 0), self._handler(), bind_and_activate=True)
        server.daemon_threads = True
        server.block_on_close = False
        self.address = f'{HOST}:{server.server_address[1]}'
        thread = threading.Thread(
            target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.addCleanup(self.answers.set)

    def add_token(
        self, token: str, data: Mapping[str, Any], seconds: int = 300,
    ) -> None:
        """Store a token as keystonemiddleware does.

        :param data: what Keystone returns when it validates the token
        :param seconds: ``token_cache_time``
        """
        key = hashlib.sha256(token.encode()).hexdigest()
        self.entries[f'tokens/{key}'] = Entry(
            0, seconds, json.dumps(data).encode())

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        fake = self

        class Handler(socketserver.StreamRequestHandler):

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    while line := self.rfile.readline():
                        answer = fake._answer(line.decode().split(), self)
                        fake.answers.wait()
                        self.wfile.write(answer)

        return Handler

    def _answer(self, command: list[str], connection: Any) -> bytes:
        name, key, *numbers = command
        if name == 'get':
            self.asked.append(key)
            answer = self._found(key) + b'END\r\n'
        else:
            flags, seconds, length = map(int, numbers)
            self.entries[key] = Entry(
                flags, seconds, connection.rfile.read(length + 2)[:-2])
            answer = b'STORED\r\n'
        self.received += 1
        return answer

    def _found(self, key: str) -> bytes:
        entry = self.entries.get(key)
        if entry is None:
            return b''
        return (f'VALUE {key} {entry.flags} {len(entry.value)}\r\n'.encode()
                + entry.value + b'\r\n')


class Memcached(fixtures.Fixture):
    """The real server.

    :ivar address: where it listens
    """

    def _setUp(self) -> None:
        with socket.create_server((HOST, 0)) as probe:
            port = probe.getsockname()[1]
        self.address = f'{HOST}:{port}'
        command = [
            PROGRAM or 'memcached', '-l', HOST, '-p', str(port), '-U', '0']
        if os.getuid() == 0:
            command += ['-u', 'nobody']
        process = subprocess.Popen(command)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, port), 1).close()
                return
            time.sleep(0.01)
        raise TimeoutError(f'{command} does not listen')
