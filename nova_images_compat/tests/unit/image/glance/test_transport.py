# SPDX-License-Identifier: Apache-2.0

"""Tests of single requests to the Image service, and of what happens on their
connections."""

from collections.abc import Callable
import gzip
import socket
import threading
import time
from typing import Any
from unittest import mock

from nova_images_compat import exception
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import bodies
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import transport
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

URL = glance_case.URL
PATH = glance_case.PATH


class RequestTest(glance_case.ClientTestCase):

    def test_what_is_sent(self) -> None:
        self.mocker.patch(URL, json={'a': 'b'})
        answer = self.call(
            method='PATCH', params={'limit': 1, 'name': 'ä&b'}, body=b'[]',
            headers={'Content-Type': 'application/x'})
        sent = self.sent
        self.assertEqual(
            ('PATCH', b'[]', 'limit=1&name=%C3%A4%26b'),
            (sent.method, sent.body, sent.query))
        self.assertEqual({
            'X-Auth-Token': glance_case.TOKEN,
            'X-OpenStack-Request-ID': glance_case.GLOBAL_ID,
            'Content-Type': 'application/x',
            'Accept': 'application/json',
        }, {name: sent.headers[name] for name in (
            'X-Auth-Token', 'X-OpenStack-Request-ID', 'Content-Type',
            'Accept')})
        self.assertRegex(sent.headers['User-Agent'], 'nova-images-compat')
        self.assertEqual(
            (glance_case.ROOT, 200, {'a': 'b'}, False),
            (answer.root, answer.status, answer.document(),
             answer.is_repeated))

    def test_token_is_not_logged(self) -> None:
        self.mocker.get(URL, exc=urllib3_mock.REFUSED)
        self.assertRaises(exception.ImageStoreUnavailable, self.call)
        self.assertNotIn(glance_case.TOKEN, self.log.output)
        self.assertIn(glance_case.GLOBAL_ID, self.log.output)

    def test_own_request_id_if_there_is_no_global_one(self) -> None:
        self.mocker.get(URL)
        context = glance_case.caller(global_request_id=None)
        self.make().call(context, 'GET', PATH)
        self.assertEqual(
            context.request_id,
            self.sent.headers['X-OpenStack-Request-ID'])

    def test_one_timeout(self) -> None:
        self.mocker.get(URL)
        self.call(self.make(timeout=7))
        self.assertEqual(
            (transport.CONNECT_TIMEOUT, 7), self.sent.timeout)
        self.call(self.make(timeout=3))
        self.assertEqual((3, 3), self.sent.timeout)


class _Response:
    """A response of urllib3 1.26, whose body comes in parts."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts
        self.connection = mock.Mock()
        self.close = self.release_conn = mock.Mock()

    @property
    def closed(self) -> bool:
        return not self._parts

    def read(self, size: int, decode_content: bool) -> bytes:
        time.sleep(0.01)
        return self._parts.pop(0)


class WireTest(helpers.TestCase):
    """What really happens on a connection."""

    def _listen(self, answer: Callable[[socket.socket], Any]) -> str:
        """Let each connection be answered by a function; return the URL."""
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    self.connections += 1
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    try:
                        answer(connection)
                    except OSError:
                        continue

        self.connections = 0
        threading.Thread(target=serve, daemon=True).start()
        return 'http://127.0.0.1:{}'.format(listener.getsockname()[1])

    def _call(self, root: str, **glance: Any) -> glance_answer.Answer:
        made = glance_client.Client(self.configure({'glance': {
            'endpoint_override': root, 'num_retries': 1, **glance}}))
        return made.call(glance_case.caller(), 'GET', PATH)

    def _assert_no_answer(
        self, answer: Callable[[socket.socket], Any],
    ) -> None:
        root = self._listen(answer)
        self.assertRaises(exception.ImageStoreUnavailable, self._call, root)
        self.assertEqual(2, self.connections)

    def test_refused(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        root = f'http://127.0.0.1:{port}'
        made = transport.Transport(self.configure({'glance': {
            'endpoint_override': root}}))
        error = self.assertRaises(
            exception.ImageStoreUnavailable, made.send,
            glance_case.caller(), root, 'GET', PATH, 1)
        self.assertNotIsInstance(error, exception.Unanswered)

    def test_connection_that_is_closed_at_once(self) -> None:
        self._assert_no_answer(lambda connection: None)

    def test_body_that_is_cut(self) -> None:
        self._assert_no_answer(lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'))

    def test_chunked_body_that_is_cut(self) -> None:
        self._assert_no_answer(lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
            b'64\r\n{"a":'))

    def test_request_whose_body_is_cut_counts_as_sent(self) -> None:
        answers = [b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{',
                   b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n']
        root = self._listen(
            lambda connection: connection.sendall(answers.pop(0)))
        answer = self._call(root)
        self.assertEqual((404, True), (answer.status, answer.is_repeated))

    def test_silence(self) -> None:
        self._assert_in_time(lambda connection: connection.recv(1))

    def test_body_that_comes_byte_by_byte(self) -> None:
        def drip(connection: socket.socket) -> None:
            connection.sendall(
                b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
            for _ in range(100):
                connection.sendall(b' ')
                time.sleep(0.1)

        self._assert_in_time(drip)

    def test_silence_in_the_middle_of_a_body(self) -> None:
        def pause(connection: socket.socket) -> None:
            time.sleep(0.45)
            connection.sendall(
                b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{')
            connection.recv(1)

        self._assert_in_time(pause)

    def test_silence_after_the_first_byte_of_a_body(self) -> None:
        """What is left of the time is all that the next byte has."""
        timeouts: list[float] = []
        response: Any = _Response([b'a', b'b', b'c', b'd', b'e'])
        response.connection.sock.settimeout = timeouts.append
        deadline = time.monotonic() + 10
        self.assertEqual(b'abcde', bodies.read(response, deadline))
        self.assertEqual(5, len(timeouts))
        self.assertEqual(sorted(timeouts, reverse=True), timeouts)
        self.assertLess(timeouts[0], 10)

    def test_part_that_decodes_to_nothing_yet(self) -> None:
        """urllib3 1.26 returns it, for example the header of gzip."""
        response: Any = _Response([b'', b'a', b'', b'b'])
        self.assertEqual(
            b'ab', bodies.read(response, time.monotonic() + 10))

    def test_compressed_body_in_parts(self) -> None:
        body = gzip.compress(b'{}')
        for parts in ((body[:10], body[10:]), (body[:-8], body[-8:])):
            with self.case(parts):
                def send(connection: socket.socket) -> None:
                    connection.sendall(
                        b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n'
                        b'Transfer-Encoding: chunked\r\n\r\n')
                    for part in (*parts, b''):
                        connection.sendall(b'%x\r\n%b\r\n' % (len(part), part))
                        time.sleep(0.02)

                self.assertEqual(b'{}', self._call(self._listen(send)).body)

    def _assert_in_time(
        self, answer: Callable[[socket.socket], Any],
    ) -> None:
        root = self._listen(answer)
        started = time.monotonic()
        self.assertRaises(
            exception.ImageStoreUnavailable, self._call, root, timeout=0.5,
            num_retries=0)
        self.assertLess(time.monotonic() - started, 5)

    def test_what_is_not_http(self) -> None:
        root = self._listen(
            lambda connection: connection.sendall(b'+PONG\r\n' * 10))
        self.assertRaises(exception.BadGateway, self._call, root)

    def test_body_that_is_not_as_encoded_as_it_says(self) -> None:
        root = self._listen(lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n'
            b'Content-Length: 2\r\n\r\n{}'))
        self.assertRaises(exception.BadGateway, self._call, root)
