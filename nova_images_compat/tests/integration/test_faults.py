# SPDX-License-Identifier: Apache-2.0

"""What goes wrong between our service and Glance is told as a fault, in time,
and loses nothing that was acknowledged."""

import testscenarios

from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import proxy

TIMEOUT = 2.0
MARGIN = 2.0
RETRIES = 2

# Seconds after which an answer that is late is given up.
LATEST = 20.0

UNAVAILABLE = {'serviceUnavailable': 503}
NONSENSE = {'computeFault': 502}
EITHER = {**UNAVAILABLE, **NONSENSE}

IMAGE = b'{"id": "x", "name": "x", "status": "active"'

# What goes wrong with every request, and the fault that comes of it.
FAULTS = {
    'hang': (faults.hang, UNAVAILABLE),
    'hang_after': (faults.hang_after, UNAVAILABLE),
    'cut': (faults.cut, UNAVAILABLE),
    'cut_after': (faults.cut_after, UNAVAILABLE),
    'cut_in_body': (faults.cut_in_body, UNAVAILABLE),
    'drip_body': (faults.drip_body, EITHER),
    '429': (faults.answer(429), UNAVAILABLE),
    '500': (faults.answer(500, b'{}'), NONSENSE),
    '502': (faults.answer(502, b'<p>Bad', 'text/html'), NONSENSE),
    '503': (faults.answer(503, Retry_After='7'), UNAVAILABLE),
    '504': (faults.answer(504), NONSENSE),
    '418': (faults.answer(418, b'{}'), NONSENSE),
    'garbage': (
        faults.answer_raw(b'\0\xff\x80 garbage\r\n\r\n' * 9), NONSENSE),
    'html': (faults.answer(200, b'<h1>Log in</h1>', 'text/html'), NONSENSE),
    'no_body': (faults.answer(200), NONSENSE),
    'list': (faults.answer(200, b'[]'), NONSENSE),
    'no_image': (faults.answer(200, b'{"images": 1}'), NONSENSE),
    'truncated_json': (faults.answer(200, IMAGE), NONSENSE),
    'truncated_body': (faults.answer(200, IMAGE, length=999), UNAVAILABLE),
    'not_gzip': (
        faults.answer(200, IMAGE, Content_Encoding='gzip'), EITHER),
}

# What goes wrong once, and is put right by another try.
ONCE = (faults.cut, faults.cut_early, faults.cut_after, faults.cut_in_body)


class FaultsTestCase(operations.OperationsTestCase):

    @classmethod
    def start_servers(cls) -> None:
        cls.proxy = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.service = cls.start(cls.new_service('proxied', {
            'glance': {
                'endpoint_override': cls.proxy.url, 'timeout': TIMEOUT,
                'num_retries': RETRIES}}))

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)
        self.addCleanup(self.proxy.heal)
        self.proxy.forget()

    def play_faulty(
        self, done: tuple[operations.Operation, ...],
    ) -> list[operations.Outcome]:
        """Do things that go wrong, and check what is always so."""
        outcomes = self.play(
            self.service.url, done,
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
                        outcome.found, (operations.BEFORE, wanted), str(outcome))
        return outcomes

    def assertRecovered(self, outcomes: list[operations.Outcome]) -> None:
        """Check that the next requests succeed."""
        self.proxy.heal()
        for before, after in zip(outcomes, self.play(
                self.service.url,
                tuple(outcome.operation for outcome in outcomes),
                [outcome.image_id for outcome in outcomes], TIMEOUT)):
            with self.case(before, after):
                wanted = after.operation.wanted
                self.assertEqual(wanted, after.found, str(after))
                if after.operation.method == 'DELETE' and before.found == wanted:
                    self.assertEqual(404, after.response.status_code, str(after))
                else:
                    self.assertTrue(after.response.ok, str(after))


class EveryRequestTest(testscenarios.WithScenarios, FaultsTestCase):

    scenarios = [
        (name, {'name': name, 'fault': fault, 'expected': expected})
        for name, (fault, expected) in FAULTS.items()]

    def test_every_operation(self) -> None:
        self.proxy.fail(self.fault)
        outcomes = self.play_faulty(operations.ALL)
        self.check(outcomes)
        for outcome in outcomes:
            with self.case(outcome):
                if outcome.operation != operations.DELETE:
                    self.assertEqual(operations.BEFORE, outcome.found)
        self.assertRecovered(outcomes)

    def test_every_patch(self) -> None:
        self.proxy.fail(self.fault, method='PATCH')
        outcomes = self.play_faulty(operations.WRITES)
        self.check(outcomes)
        self.assertRecovered(outcomes)

    def check(self, outcomes: list[operations.Outcome]) -> None:
        """Check the faults; a write may also succeed, which was done."""
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
            self.proxy.fail(fault, every=2)
            for outcome in self.play_faulty(operations.ALL):
                with self.case(outcome):
                    if not outcome.response.ok:
                        self.assertFault(outcome.response, **UNAVAILABLE)

    def test_once(self) -> None:
        for fault in ONCE:
            for method, operation in (
                    ('PATCH', operations.WRITES[1]),
                    ('PATCH', operations.WRITES[3]),
                    ('GET', operations.WRITES[0]),
                    ('DELETE', operations.DELETE)):
                with self.case(method, operation):
                    self.proxy.fail(fault, method=method, times=1)
                    [outcome] = self.play_faulty((operation,))
                    self.assertTrue(outcome.response.ok, str(outcome))

    def test_refused(self) -> None:
        self.proxy.refuse()
        outcomes = self.play_faulty(operations.ALL)
        for outcome in outcomes:
            with self.case(outcome):
                self.assertFault(outcome.response, **UNAVAILABLE)
                self.assertEqual(operations.BEFORE, outcome.found)
        self.assertRecovered(outcomes)

    def test_slow(self) -> None:
        self.proxy.fail(faults.delay(TIMEOUT / 4))
        for outcome in self.play_faulty(operations.ALL):
            with self.case(outcome):
                self.assertTrue(outcome.response.ok, str(outcome))

    def test_redirected(self) -> None:
        elsewhere = self.useFixture(proxy.Proxy(self.stack.image_url))
        for status in (300, 301, 302, 303, 307, 308):
            with self.case(status):
                self.proxy.fail(faults.answer(
                    status, Location=f'{elsewhere.url}/v2/images'))
                outcomes = self.play_faulty(operations.ALL)
                for outcome in outcomes:
                    with self.case(outcome):
                        self.assertFault(outcome.response, **NONSENSE)
                        self.assertEqual(operations.BEFORE, outcome.found)
                self.assertEqual([], elsewhere.asked)
        self.assertRecovered(outcomes)

    def test_asked_no_more_often_than_configured(self) -> None:
        [image_id] = self.create_apart(1)
        path = f'/images/{image_id}'
        self.proxy.forget()
        self.proxy.fail(faults.cut, path=path)
        self.request(self.service.url, 'GET', f'/v2.1{path}')
        self.assertEqual(1 + RETRIES, len(self.proxy.asked))
        self.assertEqual(0, self.proxy.count())

    def test_calls_of_each_operation(self) -> None:
        ids = self.create_apart(len(operations.ALL), **operations.BEFORE)
        for operation, image_id in zip(operations.ALL, ids):
            with self.case(operation, image_id):
                self.proxy.forget()
                self.play(self.service.url, (operation,), [image_id], TIMEOUT)
                calls = [
                    request.method for request in self.proxy.asked
                    if '/schemas/' not in request.path]
                self.assertEqual(
                    ['GET', 'PATCH'] if operation in operations.WRITES
                    else [operation.method], calls, operation)
