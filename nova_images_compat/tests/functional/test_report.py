# SPDX-License-Identifier: Apache-2.0

"""The report of a functional test that fails."""

import testtools

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base


def failing_test() -> base.TestCase:
    """Return a test that fails. No loader finds its class in here."""

    class FailingTest(base.TestCase):

        def runTest(self) -> None:
            service = self.make_service()
            for name in ('first', 'second', 'third'):
                with self.case(name):
                    response = service.request(
                        f'/v2.1/images/{name}/metadata', 'POST',
                        json={'metadata': {'key': name}})
                    self.assertEqual(
                        200 if name == 'second' else 404,
                        response.status_int)

    return FailingTest()


class ReportTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        result = testtools.TestResult()
        failing_test().run(result)
        ((_, self.report),) = result.failures

    def test_failed_case_is_named(self) -> None:
        self.assertIn("Failed case: 'second'", self.report)
        self.assertEqual(1, self.report.count('Failed case'))

    def test_request_and_response_are_shown(self) -> None:
        for line in (
                "> POST 'http://localhost:80/v2.1/images/second/metadata'",
                "> Content-Type: 'application/json'",
                """> b'{"metadata":{"key":"second"}}'""",
                '< 404 Not Found', 'Image not found.'):
            with self.case(line):
                self.assertIn(line, self.report)

    def test_requests_of_other_cases_are_not_shown(self) -> None:
        self.assertNotIn('first', self.report)
        self.assertNotIn('third', self.report)

    def test_token_is_not_shown(self) -> None:
        self.assertIn("> X-Auth-Token: '***'", self.report)
        self.assertNotIn(fixtures.TOKENS['member'], self.report)
