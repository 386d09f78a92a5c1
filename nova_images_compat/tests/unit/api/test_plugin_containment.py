# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter for Nova's pipeline while the images API is broken."""

import logging
from typing import Any

import fixtures as tools
import webob

from nova_images_compat.api import plugin
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


class ContainmentTest(helpers.TestCase):
    """Whatever goes wrong with the images API, other requests work."""

    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        self.useFixture(tools.MockPatch('time.monotonic', lambda: self.now))
        self.log = self.useFixture(tools.FakeLogger(
            'nova_images_compat', level=logging.WARNING))
        self.attempts = 0
        self.error: BaseException | None = exception.ConfigurationError(
            '[api] max_limit: it is wrong')

    def _make(self) -> Any:
        self.attempts += 1
        if self.error:
            raise self.error
        return _Working()

    def make(self) -> None:
        self.application = plugin.ImagesCompat(
            webob.Response('from Nova', status=418), self._make)

    def send(self, path: str, **environ: Any) -> webob.Response:
        return helpers.blank(path, environ).get_response(
            self.application)

    def assert_unavailable(self, path: str = '/images') -> None:
        answer = self.send(path)
        self.assertEqual(503, answer.status_int, path)
        self.assertEqual('application/json', answer.content_type)
        self.assertEqual('30', answer.headers['Retry-After'])
        self.assertEqual(['serviceUnavailable'], list(answer.json))
        fault = answer.json['serviceUnavailable']
        self.assertEqual(503, fault['code'])
        self.assertNotIn('max_limit', fault['message'])

    def test_others_go_on(self) -> None:
        self.make()
        for path in ('/servers', '/', '/servers/images', '/images/a/b'):
            with self.case(path):
                self.assertEqual('from Nova', self.send(path).text, path)
        self.assertEqual(1, self.attempts)

    def test_images_are_unavailable(self) -> None:
        self.make()
        for path in ('/images', '/images/detail', '/images/x/metadata/y'):
            with self.case(path):
                self.assert_unavailable(path)

    def test_one_line_says_why(self) -> None:
        self.make()
        self.assertEqual(
            'The images API is not available, and answers 503: '
            '[api] max_limit: it is wrong\n', self.log.output)

    def test_what_nobody_expected_has_a_traceback(self) -> None:
        for error in (KeyError('x'), SystemExit(1), ImportError('y'),
                      RecursionError()):
            with self.case(error):
                self.error = error
                self.make()
                self.assertIn('Traceback', self.log.output)
                self.assertIn(
                    f'unexpected {type(error).__name__}', self.log.output)
                self.assert_unavailable()

    def test_it_is_made_again_when_it_can_be(self) -> None:
        self.make()
        self.error = None
        self.assert_unavailable()
        self.assertEqual(1, self.attempts)
        self.now += plugin.RETRY_INTERVAL
        self.assertEqual('from Nova', self.send('/servers').text)
        self.assertEqual(1, self.attempts)
        self.assertEqual('images', self.send('/images').text)
        self.assertEqual('images', self.send('/images').text)
        self.assertEqual(2, self.attempts)
        self.assertIn('available again', self.log.output)

    def test_a_failed_attempt_is_not_repeated_at_once(self) -> None:
        self.make()
        for attempts in (2, 3):
            with self.case(attempts):
                self.now += plugin.RETRY_INTERVAL
                self.assert_unavailable()
                self.assert_unavailable()
                self.assertEqual(attempts, self.attempts)

    def test_one_thread_makes_it_and_the_others_do_not_wait(self) -> None:
        self.make()
        self.now += plugin.RETRY_INTERVAL
        self.error = None
        making = self._make

        def make_slowly() -> Any:
            self.assert_unavailable()
            return making()

        self.application._make = make_slowly
        self.assertEqual('images', self.send('/images').text)
        self.assertEqual(2, self.attempts)

    def test_an_error_in_telling_whose_a_request_is(self) -> None:
        self.error = None
        self.make()
        self.useFixture(tools.MockPatchObject(
            _Working, 'serves', side_effect=KeyError('x')))
        self.assert_unavailable()
        self.assertEqual('from Nova', self.send('/imagesque').text)
        self.assertIn('Traceback', self.log.output)


class _Working:
    """An images API that works."""

    def serves(self, environ: dict[str, Any]) -> bool:
        return True

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return webob.Response('images')(environ, start_response)
