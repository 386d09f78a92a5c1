# SPDX-License-Identifier: Apache-2.0

"""Tests of the servers that are measured."""

from requests_mock.contrib import fixture

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.integration.stack import errors

URL = 'http://localhost:1'
IDS = ('1', '2', '3')


def _target(polled: tuple[str, ...] | None = None) -> targets.Target:
    return targets.Target(
        'service', URL, 'a-token', 'service.log', 1, (2,), calls.COMPUTE, IDS,
        polled)


class TargetTestCase(base.TestCase):

    def test_only_reads_poll_a_few_images(self) -> None:
        for request, polled, ids in (
                ('show', None, IDS), ('show', ('1',), ('1',)),
                ('metadata-write', ('1',), IDS)):
            with self.case(request, polled):
                self.assertEqual(ids, _target(polled).ids_of(request))

    def test_check(self) -> None:
        server = self.useFixture(fixture.Fixture())
        page = f'{URL}/v2.1/images/detail?limit=100'
        for name, answer in (
                ('rejected', {'status_code': 403}),
                ('too few', {'json': {'images': [{}] * 99}})):
            with self.case(name):
                server.get(page, **answer)
                self.assertRaises(
                    errors.StackError, _target().check,
                    calls.COMPUTE['detail'])
        server.get(page, json={'images': [{}] * 100})
        _target().check(calls.COMPUTE['detail'])
        self.assertEqual(
            'a-token', server.request_history[-1].headers['X-Auth-Token'])
