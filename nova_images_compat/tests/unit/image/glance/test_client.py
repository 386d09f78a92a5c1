# SPDX-License-Identifier: Apache-2.0

"""Tests of how the Image service is asked, and of what it may answer."""

from collections.abc import Callable
import io
import socket
import threading
import time
from typing import Any
from unittest import mock

import fixtures
from keystoneauth1 import exceptions as keystone_exception
import requests

from nova_images_compat import exception
from nova_images_compat.image.glance import client
from nova_images_compat.image.glance import endpoints
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image.glance import glance_case

PATH = '/v2/images/an-id'
URL = f'{glance_case.ROOT}{PATH}'
OTHER_URL = f'{glance_case.OTHER_ROOT}{PATH}'
BOTH = f'{glance_case.ROOT},{glance_case.OTHER_ROOT}'
NO_ANSWER = (
    glance_case.REFUSED, glance_case.CUT, glance_case.CUT_BODY,
    glance_case.TOO_LATE, requests.ConnectTimeout('late'),
    requests.exceptions.SSLError('not mine'))


class _TestCase(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.mocker = self.mock_requests()

    def call(
        self, made: client.Client | None = None, method: str = 'GET',
        **kwargs: Any,
    ) -> client.Answer:
        return (made or self.make()).call(
            glance_case.caller(), method, PATH, **kwargs)

    def make(self, **glance: Any) -> client.Client:
        return client.Client(self.configure_glance(**glance))

    def hosts(self) -> list[str]:
        return [sent.hostname for sent in self.mocker.request_history]


class RequestTest(_TestCase):

    def test_what_is_sent(self) -> None:
        self.mocker.patch(URL, json={'a': 'b'})
        answer = self.call(
            method='PATCH', params={'limit': 1, 'name': 'ä&b'}, body=b'[]',
            headers={'Content-Type': 'application/x'})
        sent = self.mocker.last_request
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
        self.mocker.get(URL, exc=glance_case.REFUSED)
        self.assertRaises(exception.ImageStoreUnavailable, self.call)
        self.assertNotIn(glance_case.TOKEN, self.log.output)
        self.assertIn(glance_case.GLOBAL_ID, self.log.output)

    def test_own_request_id_if_there_is_no_global_one(self) -> None:
        self.mocker.get(URL)
        context = glance_case.caller(global_request_id=None)
        self.make().call(context, 'GET', PATH)
        self.assertEqual(
            context.request_id,
            self.mocker.last_request.headers['X-OpenStack-Request-ID'])

    def test_one_timeout(self) -> None:
        self.mocker.get(URL)
        self.call(self.make(timeout=7))
        self.assertEqual(
            (client.CONNECT_TIMEOUT, 7), self.mocker.last_request.timeout)
        self.call(self.make(timeout=3))
        self.assertEqual((3, 3), self.mocker.last_request.timeout)

    def test_certificates(self) -> None:
        for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
            self.useFixture(fixtures.EnvironmentVariable(name))
        file, other = self.write('one', ''), self.write('other', '')
        self.mocker.get(URL)
        for options, verify, cert in (
                ({}, True, None), ({'insecure': True}, False, None),
                ({'cafile': file}, file, None),
                ({'certfile': file, 'keyfile': other}, True, (file, other))):
            with self.case(options, verify, cert):
                self.call(self.make(**options))
                sent = self.mocker.last_request
                self.assertEqual((verify, cert), (sent.verify, sent.cert))


class NoAnswerTest(_TestCase):

    def test_it_is_asked_again(self) -> None:
        for retries in (0, 1, 3):
            for error in NO_ANSWER:
                with self.case(error):
                    self.mocker.request_history.clear()
                    self.mocker.get(URL, exc=error)
                    raised = self.assertRaises(
                        exception.ImageStoreUnavailable, self.call,
                        self.make(num_retries=retries))
                    self.assertEqual('10', raised.headers['Retry-After'])
                    self.assertEqual(1 + retries, len(self.hosts()), error)

    def test_longer_and_longer_pauses(self) -> None:
        self.mocker.get(URL, exc=glance_case.REFUSED)
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(num_retries=9))
        sleeps = self.clock.sleeps
        self.assertEqual(9, len(sleeps))
        for number, seconds in enumerate(sleeps):
            with self.case(number, seconds):
                longest = min(0.1 * 2 ** number, client.LONGEST_DELAY)
                self.assertLessEqual(seconds, longest)
                self.assertGreaterEqual(seconds, longest / 2)

    def test_it_comes_back(self) -> None:
        for error, is_repeated in (
                (glance_case.REFUSED, False), (glance_case.CUT, True),
                (glance_case.CUT_BODY, True), (glance_case.TOO_LATE, True),
                (requests.ConnectTimeout('late'), False)):
            with self.case(error, is_repeated):
                self.mocker.get(URL, [{'exc': error}, {'text': 'here'}])
                answer = self.call()
                self.assertEqual((200, b'here', is_repeated), (
                    answer.status, answer.body, answer.is_repeated), error)

    def test_what_an_earlier_try_did_is_not_forgotten(self) -> None:
        self.mocker.get(URL, [
            {'exc': glance_case.CUT}, {'exc': glance_case.REFUSED},
            {'status_code': 404}])
        self.assertTrue(self.call().is_repeated)

    def test_next_server_at_once(self) -> None:
        for error in NO_ANSWER:
            with self.case(error):
                made = self.make(api_servers=BOTH)
                self.mocker.get(URL, exc=error)
                self.mocker.get(OTHER_URL, text='here')
                roots = {self.call(made).root for _ in range(30)}
                self.assertEqual({glance_case.OTHER_ROOT}, roots)
        self.assertEqual([], self.clock.sleeps)

    def test_server_that_failed_is_asked_last_for_a_while(self) -> None:
        self.mocker.get(URL, exc=glance_case.REFUSED)
        self.mocker.get(OTHER_URL, text='here')
        made = self.make(api_servers=BOTH)
        for _ in range(30):
            self.call(made)
        self.mocker.request_history.clear()
        for _ in range(30):
            self.call(made)
        self.assertEqual({'image2.example'}, set(self.hosts()))
        self.clock.now += endpoints.OUT_OF_FAVOUR + 1
        for _ in range(30):
            self.call(made)
        self.assertEqual(1, self.hosts().count('image.example'))

    def test_rounds_over_the_servers(self) -> None:
        self.mocker.get(URL, exc=glance_case.REFUSED)
        self.mocker.get(OTHER_URL, exc=glance_case.REFUSED)
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(api_servers=BOTH, num_retries=3))
        hosts = self.hosts()
        self.assertEqual(4, len(hosts))
        self.assertEqual(2, len(set(hosts[:2])))
        self.assertEqual(2, len(set(hosts[2:])))

    def test_all_tries_together_take_the_timeout(self) -> None:
        def hang(request: Any, context: Any) -> str:
            self.clock.now += request.timeout[1]
            raise glance_case.TOO_LATE

        self.mocker.get(URL, text=hang)
        started = self.clock.now
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(timeout=5, num_retries=100))
        self.assertLessEqual(
            self.clock.now - started, 5 + client.LONGEST_DELAY)

    def test_last_try_gets_what_is_left(self) -> None:
        def slow(request: Any, context: Any) -> str:
            self.clock.now += 3
            raise glance_case.CUT

        self.mocker.get(URL, [{'text': slow}, {'text': 'here'}])
        self.call(self.make(timeout=5))
        self.assertLess(self.mocker.last_request.timeout[1], 2.01)

    def test_one_server_does_not_use_up_the_time_of_the_next(self) -> None:
        def hang(request: Any, context: Any) -> str:
            self.clock.now += request.timeout[1]
            raise glance_case.TOO_LATE

        self.mocker.get(URL, text=hang)
        self.mocker.get(OTHER_URL, text='here')
        for _ in range(10):
            made = self.make(api_servers=BOTH, timeout=60)
            self.assertEqual(glance_case.OTHER_ROOT, self.call(made).root)


class OnceTest(_TestCase):
    """Requests that must not be carried out twice."""

    def _call(self, **glance: Any) -> client.Answer:
        return self.call(
            self.make(**glance), method='PATCH', may_repeat=False)

    def test_what_never_left_is_sent_again(self) -> None:
        for error in (glance_case.REFUSED, requests.ConnectTimeout('late')):
            with self.case(error):
                self.mocker.patch(URL, [{'exc': error}, {'text': 'here'}])
                answer = self._call()
                self.assertEqual(
                    (b'here', False), (answer.body, answer.is_repeated))

    def test_what_may_have_left_is_not(self) -> None:
        for error in (glance_case.CUT, glance_case.CUT_BODY,
                      glance_case.TOO_LATE):
            for servers in (glance_case.ROOT, BOTH):
                with self.case(servers):
                    self.mocker.request_history.clear()
                    for url in (URL, OTHER_URL):
                        self.mocker.patch(url, exc=error)
                    self.assertRaises(
                        client.Unanswered, self._call, api_servers=servers)
                    self.assertEqual(1, len(self.hosts()))

    def test_refused_by_all(self) -> None:
        self.mocker.patch(URL, exc=glance_case.REFUSED)
        error = self.assertRaises(
            exception.ImageStoreUnavailable, self._call)
        self.assertNotIsInstance(error, client.Unanswered)

    def test_server_that_is_not_available(self) -> None:
        for url in (URL, OTHER_URL):
            self.mocker.patch(url, status_code=503)
        self.assertRaises(
            exception.ImageStoreUnavailable, self._call, api_servers=BOTH)
        self.assertEqual(1, len(self.hosts()))

    def test_deadline_of_the_caller(self) -> None:
        self.mocker.get(URL)
        self.call(self.make(timeout=60), deadline=self.clock.now + 2)
        self.assertEqual((2, 2), self.mocker.last_request.timeout)


class BusyTest(_TestCase):

    def test_single_server_is_not_asked_again(self) -> None:
        for status in (429, 503):
            with self.case(status):
                self.mocker.request_history.clear()
                self.mocker.get(URL, status_code=status)
                self.assertRaises(exception.ImageStoreUnavailable, self.call)
                self.assertEqual(1, len(self.hosts()))
        self.assertIn('ERROR', self.log.output)

    def test_next_server_is_asked(self) -> None:
        self.mocker.get(URL, status_code=503)
        self.mocker.get(OTHER_URL, text='here')
        for _ in range(10):
            made = self.make(api_servers=BOTH)
            self.assertEqual(glance_case.OTHER_ROOT, self.call(made).root)

    def test_each_server_is_asked_once(self) -> None:
        self.mocker.get(URL, status_code=503)
        self.mocker.get(OTHER_URL, status_code=503)
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(api_servers=BOTH, num_retries=9))
        self.assertEqual(2, len(self.hosts()))

    def test_retry_after(self) -> None:
        for value, seconds in (
                ('7', '7'), ('0', '0'), ('3600', '3600'), ('3601', '3600'),
                ('9' * 5000, '3600'), ('-1', '10'), ('1.5', '10'),
                ('', '10'), ('soon', '10'), ('\xb2', '10'),
                ('Wed, 21 Oct 2026 07:28:00 GMT', '10')):
            for status in (429, 503):
                with self.case(status):
                    self.mocker.get(URL, status_code=status,
                                    headers={'Retry-After': value})
                    raised = self.assertRaises(
                        exception.ImageStoreUnavailable, self.call)
                    self.assertEqual(seconds, raised.headers['Retry-After'])

    def test_retry_after_of_the_last_of_several_servers(self) -> None:
        for url in (URL, OTHER_URL):
            self.mocker.get(url, status_code=503,
                            headers={'Retry-After': '77'})
        for retries in (0, 1, 2):
            with self.case(retries):
                raised = self.assertRaises(
                    exception.ImageStoreUnavailable, self.call,
                    self.make(api_servers=BOTH, num_retries=retries))
                self.assertEqual('77', raised.headers['Retry-After'], retries)


class AnswerTest(_TestCase):

    def test_errors_that_the_store_understands(self) -> None:
        for status in (400, 403, 404, 409, 410, 413):
            with self.case(status):
                self.mocker.get(URL, status_code=status, text='why')
                answer = self.call()
                self.assertEqual((status, b'why', False), (
                    answer.status, answer.body, answer.is_success))

    def test_token_that_is_refused(self) -> None:
        self.mocker.get(URL, status_code=401)
        self.assertRaises(exception.Unauthorized, self.call)
        self.assertEqual(1, len(self.hosts()))

    def test_other_errors(self) -> None:
        for status in (500, 501, 502, 504, 507, 599):
            with self.case(status):
                self.mocker.request_history.clear()
                self.mocker.get(URL, status_code=status, text='<html>')
                self.assertRaises(exception.BadGateway, self.call)
                self.assertEqual(1, len(self.hosts()))
        self.assertRegex(self.log.output, '(?m)^ERROR .*599.*<html>')

    def test_redirects_are_not_followed(self) -> None:
        elsewhere = self.mocker.get('http://elsewhere.example/')
        for status in (300, 301, 302, 303, 304, 307, 308):
            with self.case(status):
                self.mocker.get(URL, status_code=status, headers={
                    'Location': 'http://elsewhere.example/'})
                self.assertRaises(exception.BadGateway, self.call)
        self.assertFalse(elsewhere.called)

    def test_bodies_that_are_no_object(self) -> None:
        for body in (b'', b'<html>', b'{"a": ', b'[]', b'1', b'null',
                     b'"text"', b'\xff', b'{"a": NaN}', b'[' * 5000):
            with self.case(body):
                self.mocker.get(URL, content=body)
                self.assertRaises(exception.BadGateway, self.call().document)
        self.assertRegex(self.log.output, '(?m)^ERROR .*not a JSON object')

    def test_text_of_an_error(self) -> None:
        for body, text in (
                (b'<html>\n <head>\n  <title>400 Bad Request</title>\n '
                 b'</head>\n <body>\n  <h1>400 Bad Request</h1>\n  '
                 b'Key &quot;a&quot; &lt;is&gt;\n bad<br /><br />\n </body>'
                 b'\n</html>', 'Key "a" <is> bad'),
                (b'{"message": "Key \\"a\\"\\n<is> &amp; bad\\n\\n", '
                 b'"code": "400 Bad Request", "title": "Bad Request"}',
                 'Key "a" <is> &amp; bad'),
                (b'{"message": 3}', '{"message": 3}'), (b'[]', '[]'),
                (b'{}', '{}'), (b'3', '3'),
                (b'plain', 'plain'), (b'', ''), (b'\xff', '\ufffd'),
                (b'a < b', 'a < b'), (b'a<b>c<d', 'a c<d'),
                (b'<head>x', 'x'), (b'<h1>a</h1>b<head>c</head>d', 'bd')):
            with self.case(body):
                self.mocker.get(URL, status_code=400, content=body)
                self.assertEqual(text, self.call().text())

    def test_text_of_an_error_is_one_line(self) -> None:
        for body in (
                b'a\x1b[31m\0\x7f\r\nb', 'a\u2028b\u202e\x85'.encode(),
                b'&#10;&#27;&#x2028;&#x202e;&#' + b'9' * 9999 + b';',
                b'{"message": "a\\u001b\\nb\\u2028"}', b'x' * 10 ** 6,
                b'&quot;' * 10 ** 5, b'{"message": "%s"}' % (b'x' * 10 ** 6)):
            with self.case(body[:40]):
                self.mocker.get(URL, status_code=400, content=body)
                text = self.call().text()
                self.assertTrue(text.isprintable(), text)
                self.assertTrue(text)
                self.assertLessEqual(len(text), client.LONGEST_MESSAGE)

    def test_text_of_an_error_is_found_in_linear_time(self) -> None:
        """A page of four million tags would take days otherwise."""
        for piece in (b'<', b'<head>', b'<h1>', b'<b', b'&#1', b'\n ', b'\0',
                      b'>', b'</head>', b'</h1><h1>', b'&'):
            with self.case(piece):
                self.mocker.get(
                    URL, status_code=400, content=piece * 2 ** 22)
                self.assertLessEqual(
                    len(self.call().text()), client.LONGEST_MESSAGE)


class AskTest(_TestCase):
    """Reading something of one server, in one try."""

    def _ask(self, timeout: float = 5) -> client.Answer:
        return self.make(api_servers=BOTH, timeout=60).ask(
            glance_case.caller(), glance_case.ROOT, PATH, timeout)

    def test_answer(self) -> None:
        self.mocker.get(URL, text='here')
        self.assertEqual(b'here', self._ask().body)
        self.assertEqual((5, 5), self.mocker.last_request.timeout)
        self._ask(100)
        self.assertEqual((5, 60), self.mocker.last_request.timeout)

    def test_one_try(self) -> None:
        for response, error in (
                ({'exc': glance_case.REFUSED},
                 exception.ImageStoreUnavailable),
                ({'status_code': 503}, exception.ImageStoreUnavailable),
                ({'status_code': 500}, exception.BadGateway),
                ({'status_code': 401}, exception.Unauthorized)):
            with self.case(response, error):
                self.mocker.request_history.clear()
                self.mocker.get(URL, **response)
                self.assertRaises(error, self._ask)
                self.assertEqual(1, len(self.hosts()))


class CheckTest(_TestCase):
    """Asking for a sign of life."""

    def _check(self, **glance: Any) -> None:
        self.make(**glance).check(glance_case.caller())

    def test_any_answer_but_an_error_of_the_server_will_do(self) -> None:
        for status in (200, 300, 302, 401, 404, 429):
            with self.case(status):
                self.mocker.get(
                    f'{glance_case.ROOT}/', status_code=status,
                    headers={'Location': glance_case.OTHER_ROOT})
                self._check()
        self.assertEqual(6, len(self.hosts()))
        self.assertEqual('', self.log.output)

    def test_no_token_goes_with_it(self) -> None:
        self.mocker.get(f'{glance_case.ROOT}/')
        self._check()
        sent = self.mocker.last_request
        self.assertNotIn('X-Auth-Token', sent.headers)
        self.assertEqual(client.CHECK_TIMEOUT, sent.timeout)

    def test_no_sign_of_life(self) -> None:
        for response, told in (
                ({'exc': glance_case.REFUSED}, 'refused'),
                ({'exc': glance_case.TOO_LATE}, 'timed out'),
                ({'status_code': 500}, '500'), ({'status_code': 503}, '503')):
            with self.case(told):
                self.mocker.get(f'{glance_case.ROOT}/', **response)
                error = self.assertRaises(
                    exception.ImageStoreUnavailable, self._check)
                self.assertIn(told, str(error.__cause__))

    def test_one_of_several_servers_is_enough(self) -> None:
        self.mocker.get(f'{glance_case.ROOT}/', exc=glance_case.REFUSED)
        self.mocker.get(f'{glance_case.OTHER_ROOT}/', status_code=300)
        made = self.make(api_servers=BOTH)
        for _ in range(20):
            made.check(glance_case.caller())
        self.assertLessEqual(self.hosts().count('image.example'), 1)


class ConfigurationTest(glance_case.TestCase):

    def _assert_refused(self, told: str, **glance: Any) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, client.Client,
            self.configure_glance(**glance))
        self.assertIn('[glance]', str(error))
        self.assertIn(told, str(error))

    def test_timeout(self) -> None:
        self._assert_refused('timeout', timeout=-1)

    def test_files_that_are_not_there(self) -> None:
        self._assert_refused('/no/ca', cafile='/no/ca')
        self._assert_refused(
            '/no/cert', certfile='/no/cert', keyfile='/no/key')


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

    def _call(self, root: str, **glance: Any) -> client.Answer:
        made = client.Client(self.configure({'glance': {
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
        made = client.Client(self.configure({'glance': {
            'endpoint_override': f'http://127.0.0.1:{port}'}}))
        error = self.assertRaises(
            keystone_exception.ConnectionError, made._send,
            glance_case.caller(), f'http://127.0.0.1:{port}', 'GET', PATH,
            None, None, None, 1)
        self.assertTrue(client._never_sent(error))

    def test_connection_that_is_closed_at_once(self) -> None:
        self._assert_no_answer(lambda connection: None)

    def test_body_that_is_cut(self) -> None:
        self._assert_no_answer(lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'))

    def test_chunked_body_that_is_cut(self) -> None:
        self._assert_no_answer(lambda connection: connection.sendall(
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
            b'64\r\n{"a":'))

    def test_cut_body_is_told_from_a_request_that_never_left(self) -> None:
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

        class Connection(mock.Mock):
            sock = mock.Mock(settimeout=timeouts.append)

        class Body(io.BytesIO):
            connection = Connection()

            def read1(
                self, size: int | None = -1, decode_content: bool = False,
            ) -> bytes:
                time.sleep(0.01)
                return super().read1(1)

        response = mock.Mock(raw=Body(b'abcde'))
        deadline = time.monotonic() + 10
        self.assertEqual(
            b'abcde', client._read_body(response, deadline))
        self.assertEqual(5, len(timeouts))
        self.assertEqual(sorted(timeouts, reverse=True), timeouts)
        self.assertLess(timeouts[0], 10)

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
