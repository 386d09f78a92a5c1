# SPDX-License-Identifier: Apache-2.0

"""Several Image servers, and several services that write to one image."""

from collections.abc import Mapping
from concurrent import futures
import threading

import fixtures as third_party_fixtures
import webob

from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import glance_case
from nova_images_compat.tests import urllib3_mock

OTHER_ROOT = 'http://image2.example'
THREADS = 4
WRITES = 8

HTML = glance_case.HTML
Failure = fake_glance.Failure


class SeveralServers(glance_case.TestCase):
    """Two Image servers, of which the service may use either."""

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.add()
        self.service = self.warm(self.serve(
            api_servers=f'{fake_glance.ROOT},{OTHER_ROOT}', num_retries=1))

    def _show(self) -> webob.Response:
        return self.service.request(f'/v2.1/images/{self.image_id}')

    def test_the_other_is_tried(self) -> None:
        for failure in (Failure(503, HTML, method='GET'),
                        Failure(error=urllib3_mock.CUT,
                                method='GET')):
            with self.case(failure):
                self.glance.requests.clear()
                self.glance.failures = [failure]
                self.assertEqual(200, self._show().status_int)
                self.assertEqual(
                    2, len({sent.hostname for sent in self.glance.requests}))

    def test_none_answers(self) -> None:
        self.glance.failures = [Failure(503, HTML), Failure(503, HTML)]
        self.assert_fault(self._show(), 503, 'serviceUnavailable')


class Writers(glance_case.TestCase):
    """Two applications that share a directory of locks."""

    def setUp(self) -> None:
        super().setUp()
        self.state = self.useFixture(third_party_fixtures.TempDir()).path
        self.image_id = self.glance.add(first='old')
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def _serve(self, lock_timeout: int = 30) -> fixtures.Service:
        return self.warm(self.serve({
            'DEFAULT': {'state_path': self.state},
            'quota': {'metadata_items': -1},
            'coordination': {'lock_timeout': lock_timeout}}))

    def _write(
        self, service: fixtures.Service, items: Mapping[str, str],
    ) -> webob.Response:
        return service.request(self.path, 'POST', json={'metadata': items})

    def test_writers_take_turns(self) -> None:
        services = [self._serve(), self._serve()]
        start = threading.Barrier(THREADS)
        self.glance.delay = 0.001

        def run(thread: int) -> list[int]:
            start.wait()
            return [self._write(
                services[thread % 2], {f'{thread}.{number}': ''}).status_int
                for number in range(WRITES)]

        with futures.ThreadPoolExecutor(THREADS) as pool:
            statuses = list(pool.map(run, range(THREADS)))
        self.assertEqual([[200] * WRITES] * THREADS, statuses)
        # No read is between another writer's read and write.
        self.assertEqual(
            ['GET', 'PATCH'] * (THREADS * WRITES), self.glance.calls)
        self.assertEqual(
            {'first', *(f'{thread}.{number}' for thread in range(THREADS)
                        for number in range(WRITES))},
            set(self.glance.metadata(self.image_id)))

    def test_a_writer_without_the_lock_writes_nothing(self) -> None:
        patient, hasty = self._serve(), self._serve(lock_timeout=0)
        answers = []

        def meanwhile() -> None:
            with futures.ThreadPoolExecutor(1) as pool:
                answers.append(pool.submit(
                    self._write, hasty, {'hasty': ''}).result())

        self.glance.failures = [Failure(method='GET', before=meanwhile)]
        self.assertEqual(
            200, self._write(patient, {'patient': ''}).status_int)
        self.assert_fault(answers[0], 503, 'serviceUnavailable')
        self.assertEqual('10', answers[0].headers['Retry-After'])
        self.assertEqual(['GET', 'PATCH'], self.glance.calls)
        self.assertEqual(200, self._write(hasty, {'hasty': ''}).status_int)
