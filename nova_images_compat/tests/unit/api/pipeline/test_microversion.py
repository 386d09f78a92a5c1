# SPDX-License-Identifier: Apache-2.0

"""Tests of the microversion gate."""

import webob

from nova_images_compat.api.pipeline import microversion
from nova_images_compat.api import wsgi
from nova_images_compat.tests.unit import helpers

STANDARD = 'OpenStack-API-Version'
LEGACY = 'X-OpenStack-Nova-API-Version'


class MicroversionGateTest(helpers.FilterTestCase):

    factory = staticmethod(microversion.factory)

    def setUp(self) -> None:
        super().setUp()
        self.application = self.make({'api': {'max_version': '2.50'}})

    def _chosen(self, name: str, value: str) -> str:
        answer = self.send(self.application, headers={name: value})
        self.assertEqual('reached', answer.text)
        chosen = str(self.endpoint.environ[wsgi.ENV_MICROVERSION])
        self.assertEqual(f'compute {chosen}', answer.headers[STANDARD])
        self.assertEqual(chosen, answer.headers[LEGACY])
        self.assertEqual({STANDARD, LEGACY}, set(answer.vary or ()))
        return chosen

    def test_version_that_is_asked_for(self) -> None:
        for name, value, expected in (
                ('X-Any', '', '2.1'), (LEGACY, '2.1', '2.1'),
                (LEGACY, '2.50', '2.50'), (LEGACY, 'latest', '2.50'),
                (STANDARD, 'compute 2.36', '2.36'),
                (STANDARD, 'compute latest', '2.50'),
                (STANDARD, 'volume 3.1, compute 2.3', '2.3'),
                (STANDARD, 'volume 3.1', '2.1'), (STANDARD, '', '2.1')):
            with self.case(name, value):
                self.assertEqual(expected, self._chosen(name, value))

    def test_standard_header_wins(self) -> None:
        self.send(self.application, headers={
            STANDARD: 'compute 2.3', LEGACY: '2.4'})
        self.assertEqual(
            '2.3', str(self.endpoint.environ[wsgi.ENV_MICROVERSION]))

    def _check_refusal(
        self, name: str, value: str, status: int, fault: str,
    ) -> webob.Response:
        answer = self.send(self.application, headers={name: value})
        self.assertEqual([], self.endpoint.seen)
        self.assertEqual(status, answer.status_int)
        self.assertEqual('application/json', answer.content_type)
        self.assertEqual(status, answer.json[fault]['code'])
        self.assertIn(value.removeprefix('compute '),
                      answer.json[fault]['message'])
        return answer

    def test_version_that_there_is_not(self) -> None:
        for value in ('2.0', '1.1', '2.51', '3.1', '2.999999999', '20.1'):
            for name, header in (
                    (LEGACY, value), (STANDARD, f'compute {value}')):
                with self.case(name, value):
                    answer = self._check_refusal(
                        name, header, 406, 'computeFault')
                    self.assertEqual(value, answer.headers[LEGACY])
                    self.assertEqual(
                        f'compute {value}', answer.headers[STANDARD])

    def test_what_is_no_version(self) -> None:
        for value in ('2', '2.', '.1', '2.01', '02.1', '2.1.1', '2.x', 'x',
                      '-2.1', '2.-1', 'Latest', '2. 1', '2.\xb2'):
            for name, header in (
                    (LEGACY, value), (STANDARD, f'compute {value}')):
                with self.case(name, value):
                    self._check_refusal(name, header, 400, 'badRequest')

    def test_longest_of_numbers(self) -> None:
        for value in ('2.' + '9' * 5000, '9' * 5000 + '.1'):
            with self.case(value[:5]):
                answer = self.send(self.application, headers={LEGACY: value})
                self.assertIn(answer.status_int, (400, 406))
                self.assertEqual('application/json', answer.content_type)

    def test_v2_knows_no_microversions(self) -> None:
        for value in ('2.30', 'latest', 'nonsense'):
            with self.case(value):
                answer = self.send(
                    self.application, headers={LEGACY: value},
                    environ={wsgi.ENV_LEGACY_V2: True})
                self.assertEqual('reached', answer.text)
                self.assertEqual(
                    '2.1', str(self.endpoint.environ[wsgi.ENV_MICROVERSION]))
                self.assertNotIn(LEGACY, answer.headers)

    def test_other_applications_have_their_own_newest_version(self) -> None:
        self.application = self.make({'api': {'max_version': '2.9'}})
        self.assertEqual('2.9', self._chosen(LEGACY, 'latest'))
