# SPDX-License-Identifier: Apache-2.0

"""Tests of how the Image service is asked."""

from typing import Any


from nova_images_compat import exception
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import endpoints
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

URL = glance_case.URL
OTHER_URL = glance_case.OTHER_URL
BOTH = glance_case.BOTH
PATH = glance_case.PATH
NO_ANSWER = (
    urllib3_mock.REFUSED, urllib3_mock.CUT, urllib3_mock.CUT_BODY,
    urllib3_mock.TOO_LATE, urllib3_mock.CONNECTED_TOO_LATE)


class NoAnswerTest(glance_case.ClientTestCase):

    def test_it_is_asked_again(self) -> None:
        for retries in (0, 1, 3):
            for error in NO_ANSWER:
                with self.case(retries, error):
                    self.mocker.request_history.clear()
                    self.mocker.get(URL, exc=error)
                    raised = self.assertRaises(
                        exception.ImageStoreUnavailable, self.call,
                        self.make(num_retries=retries))
                    self.assertEqual('10', raised.headers['Retry-After'])
                    self.assertEqual(1 + retries, len(self.hosts()))

    def test_longer_and_longer_pauses(self) -> None:
        self.mocker.get(URL, exc=urllib3_mock.REFUSED)
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(num_retries=9))
        sleeps = self.clock.sleeps
        self.assertEqual(9, len(sleeps))
        for number, seconds in enumerate(sleeps):
            with self.case(number, seconds):
                longest = min(0.1 * 2 ** number, glance_client.MAX_PAUSE)
                self.assertLessEqual(seconds, longest)
                self.assertGreaterEqual(seconds, longest / 2)

    def test_it_comes_back(self) -> None:
        for error, is_repeated in (
                (urllib3_mock.REFUSED, False), (urllib3_mock.CUT, True),
                (urllib3_mock.CUT_BODY, True), (urllib3_mock.TOO_LATE, True),
                (urllib3_mock.CONNECTED_TOO_LATE, False)):
            with self.case(error, is_repeated):
                self.mocker.get(URL, [{'exc': error}, {'text': 'here'}])
                answer = self.call()
                self.assertEqual((200, b'here', is_repeated), (
                    answer.status, answer.body, answer.is_repeated))

    def test_what_an_earlier_try_did_is_not_forgotten(self) -> None:
        self.mocker.get(URL, [
            {'exc': urllib3_mock.CUT}, {'exc': urllib3_mock.REFUSED},
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
        self.mocker.get(URL, exc=urllib3_mock.REFUSED)
        self.mocker.get(OTHER_URL, text='here')
        made = self.make(api_servers=BOTH)
        for _ in range(30):
            self.call(made)
        self.mocker.request_history.clear()
        for _ in range(30):
            self.call(made)
        self.assertEqual({'image2.example'}, set(self.hosts()))
        self.clock.now += endpoints.FAILED_SERVER_TIME + 1
        for _ in range(30):
            self.call(made)
        self.assertEqual(1, self.hosts().count('image.example'))

    def test_rounds_over_the_servers(self) -> None:
        self.mocker.get(URL, exc=urllib3_mock.REFUSED)
        self.mocker.get(OTHER_URL, exc=urllib3_mock.REFUSED)
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
            raise urllib3_mock.TOO_LATE

        self.mocker.get(URL, text=hang)
        started = self.clock.now
        self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(timeout=5, num_retries=100))
        self.assertLessEqual(
            self.clock.now - started, 5 + glance_client.MAX_PAUSE)

    def test_last_try_gets_what_is_left(self) -> None:
        def slow(request: Any, context: Any) -> str:
            self.clock.now += 3
            raise urllib3_mock.CUT

        self.mocker.get(URL, [{'text': slow}, {'text': 'here'}])
        self.call(self.make(timeout=5))
        self.assertLess(self.sent.timeout[1], 2.01)

    def test_one_server_does_not_use_up_the_time_of_the_next(self) -> None:
        def hang(request: Any, context: Any) -> str:
            self.clock.now += request.timeout[1]
            raise urllib3_mock.TOO_LATE

        self.mocker.get(URL, text=hang)
        self.mocker.get(OTHER_URL, text='here')
        for number in range(10):
            with self.case(number):
                made = self.make(api_servers=BOTH, timeout=60)
                self.assertEqual(glance_case.OTHER_ROOT, self.call(made).root)


class MisconfiguredTest(glance_case.ClientTestCase):
    """Servers that no request can reach, however often it is sent."""

    def test_server_is_asked_once(self) -> None:
        self.mocker.get(URL, exc=urllib3_mock.BAD_CERTIFICATE)
        raised = self.assertRaises(
            exception.ImageStoreMisconfigured, self.call)
        self.assertEqual((503, '10'), (
            raised.code, raised.headers['Retry-After']))
        self.assertEqual(1, len(self.hosts()))
        self.assertEqual([], self.clock.sleeps)
        self.assertRegex(
            self.log.output,
            r'^ERROR \S+ The Image service at http://image.example cannot be '
            r'used \(GET /v2/images/an-id, global request id req-\S+\): '
            r'unknown authority .* set \[glance\] cafile .*\n$')

    def test_other_servers_are_asked(self) -> None:
        made = self.make(api_servers=BOTH)
        self.mocker.get(URL, exc=urllib3_mock.BAD_CERTIFICATE)
        self.mocker.get(OTHER_URL, text='here')
        roots = {self.call(made).root for _ in range(30)}
        self.assertEqual({glance_case.OTHER_ROOT}, roots)
        self.assertEqual(1, self.hosts().count('image.example'))
        self.assertEqual([], self.clock.sleeps)

    def test_no_server_is_asked_twice(self) -> None:
        for url in (URL, OTHER_URL):
            self.mocker.get(url, exc=urllib3_mock.BAD_CERTIFICATE)
        self.assertRaises(
            exception.ImageStoreMisconfigured, self.call,
            self.make(api_servers=BOTH))
        self.assertEqual(
            ['image.example', 'image2.example'], sorted(self.hosts()))

    def test_what_an_earlier_try_did_is_not_forgotten(self) -> None:
        self.mocker.get(URL, [
            {'exc': urllib3_mock.CUT}, {'exc': urllib3_mock.BAD_CERTIFICATE}])
        self.assertRaises(exception.Unanswered, self.call)
        self.assertEqual(2, len(self.hosts()))

    def test_other_server_is_tried_again(self) -> None:
        self.mocker.get(URL, exc=urllib3_mock.BAD_CERTIFICATE)
        self.mocker.get(OTHER_URL, exc=urllib3_mock.REFUSED)
        raised = self.assertRaises(
            exception.ImageStoreUnavailable, self.call,
            self.make(api_servers=BOTH, num_retries=4))
        self.assertNotIsInstance(raised, exception.Unanswered)
        self.assertEqual(1, self.hosts().count('image.example'))
        self.assertGreaterEqual(self.hosts().count('image2.example'), 2)


class OnceTest(glance_case.ClientTestCase):
    """Requests that must not be carried out twice."""

    def _call(self, **glance: Any) -> glance_answer.Answer:
        return self.call(
            self.make(**glance), method='PATCH', may_repeat=False)

    def test_what_never_left_is_sent_again(self) -> None:
        for error in (urllib3_mock.REFUSED, urllib3_mock.CONNECTED_TOO_LATE):
            with self.case(error):
                self.mocker.patch(URL, [{'exc': error}, {'text': 'here'}])
                answer = self._call()
                self.assertEqual(
                    (b'here', False), (answer.body, answer.is_repeated))

    def test_what_may_have_left_is_not(self) -> None:
        for error in (urllib3_mock.CUT, urllib3_mock.CUT_BODY,
                      urllib3_mock.TOO_LATE):
            for servers in (glance_case.ROOT, BOTH):
                with self.case(error, servers):
                    self.mocker.request_history.clear()
                    for url in (URL, OTHER_URL):
                        self.mocker.patch(url, exc=error)
                    self.assertRaises(
                        exception.Unanswered, self._call, api_servers=servers)
                    self.assertEqual(1, len(self.hosts()))

    def test_refused_by_all(self) -> None:
        self.mocker.patch(URL, exc=urllib3_mock.REFUSED)
        error = self.assertRaises(
            exception.ImageStoreUnavailable, self._call)
        self.assertNotIsInstance(error, exception.Unanswered)

    def test_server_that_is_not_available(self) -> None:
        for url in (URL, OTHER_URL):
            self.mocker.patch(url, status_code=503)
        self.assertRaises(
            exception.ImageStoreUnavailable, self._call, api_servers=BOTH)
        self.assertEqual(1, len(self.hosts()))

    def test_deadline_of_the_caller(self) -> None:
        self.mocker.get(URL)
        self.call(self.make(timeout=60), deadline=self.clock.now + 2)
        self.assertEqual((2, 2), self.sent.timeout)


class BusyTest(glance_case.ClientTestCase):

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
        for number in range(10):
            with self.case(number):
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
                with self.case(status, value):
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
                self.assertEqual('77', raised.headers['Retry-After'])


class AskTest(glance_case.ClientTestCase):
    """Reading something of one server, in one try."""

    def _ask(self, timeout: float = 5) -> glance_answer.Answer:
        return self.make(api_servers=BOTH, timeout=60).ask(
            glance_case.caller(), glance_case.ROOT, PATH, timeout)

    def test_answer(self) -> None:
        self.mocker.get(URL, text='here')
        self.assertEqual(b'here', self._ask().body)
        self.assertEqual((5, 5), self.sent.timeout)
        self._ask(100)
        self.assertEqual((5, 60), self.sent.timeout)

    def test_one_try(self) -> None:
        for response, error in (
                ({'exc': urllib3_mock.REFUSED},
                 exception.ImageStoreUnavailable),
                ({'status_code': 503}, exception.ImageStoreUnavailable),
                ({'status_code': 500}, exception.BadGateway),
                ({'status_code': 401}, exception.Unauthorized)):
            with self.case(response, error):
                self.mocker.request_history.clear()
                self.mocker.get(URL, **response)
                self.assertRaises(error, self._ask)
                self.assertEqual(1, len(self.hosts()))


class CheckTest(glance_case.ClientTestCase):
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
        sent = self.sent
        self.assertNotIn('X-Auth-Token', sent.headers)
        self.assertEqual((glance_client.CHECK_TIMEOUT,) * 2, sent.timeout)

    def test_no_sign_of_life(self) -> None:
        for response, told in (
                ({'exc': urllib3_mock.REFUSED}, 'refused'),
                ({'exc': urllib3_mock.TOO_LATE}, 'timed out'),
                ({'exc': urllib3_mock.NOT_HTTP}, 'SSH'),
                ({'status_code': 500}, '500'), ({'status_code': 503}, '503')):
            with self.case(told):
                self.mocker.get(f'{glance_case.ROOT}/', **response)
                error = self.assertRaises(
                    exception.ImageStoreUnavailable, self._check)
                self.assertIn(told, str(error.__cause__))

    def test_one_of_several_servers_is_enough(self) -> None:
        self.mocker.get(f'{glance_case.OTHER_ROOT}/', status_code=300)
        for error in (urllib3_mock.REFUSED, urllib3_mock.NOT_HTTP):
            with self.case(error):
                self.mocker.get(f'{glance_case.ROOT}/', exc=error)
                self.mocker.request_history.clear()
                made = self.make(api_servers=BOTH)
                for _ in range(20):
                    made.check(glance_case.caller())
                self.assertLessEqual(self.hosts().count('image.example'), 1)


class ConfigurationTest(glance_case.TestCase):

    def _assert_refused(self, told: str, **glance: Any) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, glance_client.Client,
            self.configure_glance(**glance))
        self.assertIn('[glance]', str(error))
        self.assertIn(told, str(error))

    def test_timeout(self) -> None:
        self._assert_refused('timeout', timeout=-1)

    def test_files_that_are_not_there(self) -> None:
        self._assert_refused('/no/ca', cafile='/no/ca')
        self._assert_refused(
            '/no/cert', certfile='/no/cert', keyfile='/no/key')
