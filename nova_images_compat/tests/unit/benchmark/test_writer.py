# SPDX-License-Identifier: Apache-2.0

"""Tests of the client that writes while others read."""

import requests
from requests_mock.contrib import fixture

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import writer

URL = 'http://localhost:1'
IMAGE = 'an-image'

GLANCE = targets.Target(
    'glance', URL, 'a-token', 'glance.log', 1, (2,), calls.GLANCE, ())


class WriterTestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.server = self.useFixture(fixture.Fixture())
        self.writer = writer.Writer(IMAGE)

    def write_once(self) -> None:
        before = self.server.call_count
        with self.writer.writing(GLANCE):
            self.wait_for(lambda: self.server.call_count > before)

    def test_writes_differ(self) -> None:
        self.server.patch(f'{URL}/v2/images/{IMAGE}')
        self.write_once()
        self.write_once()
        self.assertEqual(
            ['1', '2'], [request.json()[0]['value']
                         for request in self.server.request_history])
        request = self.server.request_history[-1]
        self.assertEqual('a-token', request.headers['X-Auth-Token'])
        self.assertEqual(calls.PATCH_TYPE, request.headers['Content-Type'])
        found = self.writer.summarize()
        self.assertEqual((2, 0), (found['writes'], found['write_errors']))
        self.assertGreater(found['write_ms'], 0)

    def test_failures_are_counted(self) -> None:
        self.server.patch(f'{URL}/v2/images/{IMAGE}', [
            {'status_code': 409}, {'exc': requests.ConnectionError}])
        self.write_once()
        self.write_once()
        self.assertEqual(
            {'writes': 0, 'write_errors': 2, 'write_ms': None},
            self.writer.summarize())
