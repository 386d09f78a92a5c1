# SPDX-License-Identifier: Apache-2.0

"""Failures between the service and Glance become faults in time.

No write that was acknowledged is lost.
"""


from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration.stack import service

TIMEOUT = 2.0
MARGIN = 2.0
RETRIES = 2

# Seconds by which the client waits longer than the service may take.
LATEST = 20.0

UNAVAILABLE = {'serviceUnavailable': 503}
INVALID = {'computeFault': 502}
EITHER = {**UNAVAILABLE, **INVALID}

IMAGE = b'{"id": "x", "name": "x", "status": "active"'

# Failures of every request, and the faults that they become.
FAULTS = {
    'hang': (faults.hang, UNAVAILABLE),
    'hang_after': (faults.hang_after, UNAVAILABLE),
    'cut': (faults.cut, UNAVAILABLE),
    'cut_after': (faults.cut_after, UNAVAILABLE),
    'cut_in_body': (faults.cut_in_body, UNAVAILABLE),
    'drip_body': (faults.drip_body, EITHER),
    '429': (faults.answer(429), UNAVAILABLE),
    '500': (faults.answer(500, b'{}'), INVALID),
    '502': (faults.answer(502, b'<p>Bad', 'text/html'), INVALID),
    '503': (faults.answer(503, Retry_After='7'), UNAVAILABLE),
    '504': (faults.answer(504), INVALID),
    '418': (faults.answer(418, b'{}'), INVALID),
    'garbage': (
        faults.answer_raw(b'\0\xff\x80 garbage\r\n\r\n' * 9), INVALID),
    'html': (faults.answer(200, b'<h1>Log in</h1>', 'text/html'), INVALID),
    'no_body': (faults.answer(200), INVALID),
    'list': (faults.answer(200, b'[]'), INVALID),
    'no_image': (faults.answer(200, b'{"images": 1}'), INVALID),
    'truncated_json': (faults.answer(200, IMAGE), INVALID),
    'truncated_body': (faults.answer(200, IMAGE, length=999), UNAVAILABLE),
    'not_gzip': (
        faults.answer(200, IMAGE, Content_Encoding='gzip'), EITHER),
}

# Failures that a retry recovers from.
ONCE = (faults.cut, faults.cut_early, faults.cut_after, faults.cut_in_body)


class FaultsTestCase(operations.OperationsTestCase):
    """A service with a proxy before Glance."""

    glance_proxy: proxy.Proxy
    api: service.Service

    @classmethod
    def start_servers(cls) -> None:
        cls.glance_proxy = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.api = cls.start(cls.new_service('proxied', {
            'glance': {
                'endpoint_override': cls.glance_proxy.url, 'timeout': TIMEOUT,
                'num_retries': RETRIES}}))

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance_proxy.heal)
        self.glance_proxy.forget()

    def play_faulty(
        self, done: tuple[operations.Operation, ...],
    ) -> list[operations.Outcome]:
        """Play operations while the proxy fails, and return the outcomes.

        Checks that the responses are in time, and that each image is either
        unchanged or changed completely.
        """
        outcomes = self.play(
            self.api.url, done,
            self.create_apart(len(done), **operations.BEFORE),
            TIMEOUT + MARGIN + LATEST)
        for outcome in outcomes:
            with self.case(outcome):
                self.assertLess(
                    outcome.seconds, TIMEOUT + MARGIN, str(outcome))
                wanted = outcome.operation.wanted
                if outcome.response.ok:
                    self.assertEqual(wanted, outcome.found, str(outcome))
                else:
                    self.assertIn(
                        outcome.found, (operations.BEFORE, wanted),
                        str(outcome))
        return outcomes

    def assertRecovered(self, outcomes: list[operations.Outcome]) -> None:
        """Check that the same operations now succeed."""
        self.glance_proxy.heal()
        for before, after in zip(outcomes, self.play(
                self.api.url,
                tuple(outcome.operation for outcome in outcomes),
                [outcome.image_id for outcome in outcomes], TIMEOUT)):
            with self.case(after):
                wanted = after.operation.wanted
                self.assertEqual(wanted, after.found, str(after))
                if (after.operation.method == 'DELETE'
                        and before.found == wanted):
                    self.assertEqual(
                        404, after.response.status_code, str(after))
                else:
                    self.assertTrue(after.response.ok, str(after))


class EveryRequestTest(base.WithScenarios, FaultsTestCase):

    scenarios = [
        (name, {'name': name, 'fault': fault, 'expected': expected})
        for name, (fault, expected) in FAULTS.items()]

    name: str
    fault: proxy.Fault
    expected: dict[str, int]

    def test_every_operation(self) -> None:
        self.glance_proxy.fail(self.fault)
        outcomes = self.play_faulty(operations.ALL)
        self.check(outcomes)
        for outcome in outcomes:
            with self.case(outcome):
                if outcome.operation != operations.DELETE:
                    self.assertEqual(operations.BEFORE, outcome.found)
        self.assertRecovered(outcomes)

    def test_every_patch(self) -> None:
        self.glance_proxy.fail(self.fault, method='PATCH')
        outcomes = self.play_faulty(operations.WRITES)
        self.check(outcomes)
        self.assertRecovered(outcomes)

    def check(self, outcomes: list[operations.Outcome]) -> None:
        """Check the faults. A write that was done may also succeed."""
        for outcome in outcomes:
            with self.case(outcome):
                if outcome.operation.is_write and outcome.response.ok:
                    continue
                self.assertFault(outcome.response, **self.expected)
                if self.name == '503':
                    self.assertEqual(
                        '7', outcome.response.headers['Retry-After'])


class SomeRequestsTest(FaultsTestCase):

    def test_every_second_request(self) -> None:
        for fault in ONCE:
            self.glance_proxy.fail(fault, every=2)
            for outcome in self.play_faulty(operations.ALL):
                with self.case(fault.__name__, outcome):
                    if not outcome.response.ok:
                        self.assertFault(outcome.response, **UNAVAILABLE)

    def test_once(self) -> None:
        for fault in ONCE:
            for method, operation in (
                    ('PATCH', operations.WRITES[1]),
                    ('PATCH', operations.WRITES[3]),
                    ('GET', operations.WRITES[0]),
                    ('DELETE', operations.DELETE)):
                with self.case(fault.__name__, method, operation):
                    self.glance_proxy.fail(fault, method=method, times=1)
                    [outcome] = self.play_faulty((operation,))
                    self.assertTrue(outcome.response.ok, str(outcome))

    def test_refused(self) -> None:
        self.glance_proxy.refuse()
        outcomes = self.play_faulty(operations.ALL)
        for outcome in outcomes:
            with self.case(outcome):
                self.assertFault(outcome.response, **UNAVAILABLE)
                self.assertEqual(operations.BEFORE, outcome.found)
        self.assertRecovered(outcomes)

    def test_slow(self) -> None:
        self.glance_proxy.fail(faults.delay(TIMEOUT / 4))
        for outcome in self.play_faulty(operations.ALL):
            with self.case(outcome):
                self.assertTrue(outcome.response.ok, str(outcome))

    def test_redirected(self) -> None:
        elsewhere = self.useFixture(proxy.Proxy(self.stack.image_url))
        for status in (300, 301, 302, 303, 307, 308):
            with self.case(status):
                self.glance_proxy.fail(faults.answer(
                    status, Location=f'{elsewhere.url}/v2/images'))
                outcomes = self.play_faulty(operations.ALL)
                for outcome in outcomes:
                    with self.case(status, outcome):
                        self.assertFault(outcome.response, **INVALID)
                        self.assertEqual(operations.BEFORE, outcome.found)
                self.assertEqual([], elsewhere.asked)
        self.assertRecovered(outcomes)

    def test_asked_no_more_often_than_configured(self) -> None:
        [image_id] = self.create_apart(1)
        path = f'/images/{image_id}'
        self.glance_proxy.forget()
        self.glance_proxy.fail(faults.cut, path=path)
        self.request(self.api.url, 'GET', f'/v2.1{path}')
        self.assertEqual(1 + RETRIES, len(self.glance_proxy.asked))
        self.assertEqual(0, self.glance_proxy.count())

    def test_calls_of_each_operation(self) -> None:
        ids = self.create_apart(len(operations.ALL), **operations.BEFORE)
        for operation, image_id in zip(operations.ALL, ids):
            with self.case(operation):
                self.glance_proxy.forget()
                self.play(self.api.url, (operation,), [image_id], TIMEOUT)
                calls = [
                    request.method for request in self.glance_proxy.asked
                    if '/schemas/' not in request.path]
                self.assertEqual(
                    ['GET', 'PATCH'] if operation in operations.WRITES
                    else [operation.method], calls)
