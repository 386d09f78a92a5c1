# SPDX-License-Identifier: Apache-2.0

"""Tests of the calls that requests share."""

from collections.abc import Callable
from concurrent import futures
import threading
import time
from typing import Any

import fixtures

from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.tests.unit.image import cache_case

KEY, NAMES, LONG = cache_case.KEY, cache_case.NAMES, cache_case.LONG

THREADS = 8


class SharedCallsTest(cache_case.CacheTestCase):

    def setUp(self) -> None:
        super().setUp()
        for module in (cache, cache_region):
            self.useFixture(fixtures.MockPatchObject(module, 'time', time))
        self.memcached.sleep = time.sleep
        self.calls: list[float] = []
        self.pool = self.useFixture(Pool()).pool
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)

    def ask(
        self, fetch: Callable[[], Any], deadline: float = LONG,
    ) -> futures.Future[str]:
        def called() -> tuple[str, bytes | None]:
            self.calls.append(time.monotonic())
            answer = fetch()
            return answer, None

        return self.pool.submit(
            self.cache.read, KEY, NAMES, time.monotonic() + deadline,
            bytes.decode, called)

    def slow(self) -> str:
        self.go_on.wait(LONG)
        return 'slow'

    def lead(self, fetch: Callable[[], Any]) -> futures.Future[str]:
        """Ask, and return when the call is under way."""
        count = len(self.calls)
        asked = self.ask(fetch)
        self.wait_for(lambda: len(self.calls) > count)
        return asked

    def test_one_call(self) -> None:
        asked = [self.lead(self.slow)]
        asked += [self.ask(lambda: 'own') for _ in range(THREADS - 1)]
        time.sleep(0.2)
        self.go_on.set()
        self.assertEqual(
            ['slow'] * THREADS, [each.result(LONG) for each in asked])
        self.assertEqual(1, len(self.calls))

    def test_first_requests_at_the_same_time(self) -> None:
        start = threading.Barrier(THREADS)

        def run() -> str:
            start.wait(LONG)
            return self.cache.read(
                KEY, NAMES, time.monotonic() + LONG, bytes.decode, fetch)

        def fetch() -> tuple[str, bytes | None]:
            self.calls.append(time.monotonic())
            time.sleep(0.3)
            return 'answer', None

        self.memcached.delay = 0.01
        asked = [self.pool.submit(run) for _ in range(THREADS)]
        self.assertEqual(
            ['answer'] * THREADS, [each.result(LONG) for each in asked])
        self.assertEqual(1, len(self.calls))

    def test_call_that_fails(self) -> None:
        def fail() -> str:
            self.go_on.wait(LONG)
            raise ZeroDivisionError()

        first = self.lead(fail)
        others = [self.ask(lambda: 'own') for _ in range(3)]
        time.sleep(0.2)
        self.assertEqual(1, len(self.calls))
        self.go_on.set()
        self.assertRaises(ZeroDivisionError, first.result, LONG)
        self.assertEqual(
            ['own'] * 3, [each.result(LONG) for each in others])

    def test_nobody_waits_longer_than_the_deadline(self) -> None:
        first = self.lead(self.slow)
        self.assertEqual(
            'own', self.ask(lambda: 'own', deadline=0.1).result(LONG))
        self.assertFalse(first.done())

    def test_a_request_after_a_write_calls_itself(self) -> None:
        first = self.lead(self.slow)
        self.cache.end([NAMES[0]])
        self.assertEqual('own', self.ask(lambda: 'own').result(LONG))
        self.assertFalse(first.done())

    def test_old_call(self) -> None:
        first = self.lead(self.slow)
        self.cache.seconds = 0.01
        time.sleep(0.02)
        self.assertEqual('own', self.ask(lambda: 'own').result(LONG))
        self.assertFalse(first.done())

    def test_requests_after_an_old_call_share_one(self) -> None:
        """Else each of them asks, if a call takes longer than answers last."""
        newer = threading.Event()
        self.addCleanup(newer.set)

        def slow() -> str:
            newer.wait(LONG)
            return 'newer'

        first = self.lead(self.slow)
        self.cache.seconds = 0.01
        time.sleep(0.02)
        asked = [self.lead(slow)]
        self.cache.seconds = LONG
        asked.append(self.ask(lambda: 'own'))
        # The end of the old call must not end the newer one.
        self.go_on.set()
        self.assertEqual('slow', first.result(LONG))
        asked.append(self.ask(lambda: 'own'))
        time.sleep(0.2)
        newer.set()
        self.assertEqual(
            ['newer'] * 3, [each.result(LONG) for each in asked])
        self.assertEqual(2, len(self.calls))

    def test_no_cache(self) -> None:
        self.memcached.error = OSError()
        first = self.lead(self.slow)
        self.assertEqual('own', self.ask(lambda: 'own').result(LONG))
        self.assertFalse(first.done())

    def test_greenlets_of_several_threads(self) -> None:
        path = self.configuration_of('[api]\nimage_cache_time = 60\n')
        self.assertEqual(*cache_case.run_greenlets(path))


class Pool(fixtures.Fixture):

    def _setUp(self) -> None:
        self.pool = futures.ThreadPoolExecutor(THREADS)
        self.addCleanup(self.pool.shutdown)
