# SPDX-License-Identifier: Apache-2.0

"""A relay to a server, whose connections a test can cut."""

import contextlib
import socket
import threading

import fixtures


class Relay(fixtures.Fixture):
    """Forwards connections to a server.

    :param host: the server's host
    :param port: the server's port

    :ivar address: the host and port where the relay listens
    """

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)

    def _setUp(self) -> None:
        self._sockets: list[socket.socket] = []
        self.address = ('127.0.0.1', 0)
        self.open()
        self.addCleanup(self.cut)

    def open(self) -> None:
        """Listen again, at the same address."""
        listener = socket.create_server(self.address)
        self.address = listener.getsockname()
        self._sockets = [listener]
        threading.Thread(
            target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Close every connection, and accept no other."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                server = socket.create_connection(self.server)
                self._sockets += [client, server]
                for ends in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._copy, args=ends, daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
