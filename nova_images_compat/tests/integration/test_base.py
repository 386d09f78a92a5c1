# SPDX-License-Identifier: Apache-2.0

"""Failing tests show what was sent and what was received."""

from collections.abc import Callable

import testtools

from nova_images_compat.tests.integration import base


class FailingTest(base.IntegrationTestCase):

    def run_failing(
        self, function: Callable[[base.IntegrationTestCase], None],
    ) -> str:
        """Run a function as a test that fails, and return its report."""
        class Failing(base.IntegrationTestCase):

            def runTest(self) -> None:
                function(self)

        result = testtools.TestResult()
        Failing().run(result)
        [(_, report)] = result.failures
        self.assertNotIn(self.token('member'), report)
        return report

    def test_last_request(self) -> None:
        url = self.stack.service_url

        def fail(test: base.IntegrationTestCase) -> None:
            test.request(url, 'GET', '/v2.1/images')
            test.request(
                url, 'PUT', '/v2.1/images/x/metadata/k',
                json={'meta': {'k': 'v'}})
            test.fail('wrong')

        report = self.run_failing(fail)
        self.assertIn(
            f'Sent: PUT {url}/v2.1/images/x/metadata/k '
            '{"meta": {"k": "v"}}\nReceived: 404 {"itemNotFound"', report)
        self.assertNotIn(f'Sent: GET {url}/v2.1/images\n', report)

    def test_request_of_each_case(self) -> None:
        url = self.stack.service_url

        def fail(test: base.IntegrationTestCase) -> None:
            responses = [
                test.request(url, 'GET', f'/v2.1/images/{name}')
                for name in ('first', 'second')]
            for response in responses:
                with test.case(response):
                    test.fail('wrong')

        report = self.run_failing(fail)
        for name in ('first', 'second'):
            with self.case(name):
                self.assertIn(
                    f"Failed case: 'GET /v2.1/images/{name}'", report)
                self.assertIn(f'Sent: GET {url}/v2.1/images/{name} \n', report)
