# SPDX-License-Identifier: Apache-2.0

"""No read returns what was before a write that had ended: many threads of two
processes read and write one image."""

from concurrent import futures
import random
import threading
import time

import fixtures

from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests.unit import helpers

READERS, WRITERS = 6, 2

# Seconds.
DURATION = 1.5
LONG = 30

NAMES = ('image',)


class RacesTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())
        self.memcached.before = lambda name: self.pause()
        conf = self.configure({
            'api': {'image_cache_time': 600},
            'cache': fake_memcached.OPTIONS})
        self.caches = [cache.Cache(conf), cache.Cache(conf)]
        # What the Image service has, and the last write of each process that
        # has ended, as a version each.
        self.version = 0
        self.ended = [0, 0]
        self.lock = threading.Lock()
        self.hits = self.fetches = 0
        self.end = time.monotonic() + DURATION

    def pause(self) -> None:
        time.sleep(random.random() ** 4 * 0.01)

    def fetch(self) -> tuple[int, bytes | None]:
        self.fetches += 1
        self.pause()
        version = self.version
        self.pause()
        return version, b'%d' % version

    def go_on_writing(self, process: int) -> None:
        while time.monotonic() < self.end:
            time.sleep(random.random() * 0.03)
            with self.lock:
                self.pause()
                self.version += 1
                written = self.version
            self.caches[process].end(NAMES)
            self.ended[process] = max(self.ended[process], written)

    def go_on_reading(self, process: int, seen: tuple[int, ...]) -> list[str]:
        """Read, and return what was read too late.

        :param seen: the processes whose writes must be visible
        """
        wrong = []
        while time.monotonic() < self.end:
            expected = max(self.ended[writer] for writer in seen)
            found = self.caches[process].read(
                'key', NAMES, time.monotonic() + LONG, int, self.fetch)
            self.hits += 1
            if found < expected:
                wrong.append(f'{found} after {expected}')
        return wrong

    def run_all(self, own_only: bool) -> list[str]:
        with futures.ThreadPoolExecutor(READERS + WRITERS + 1) as pool:
            for number in range(WRITERS):
                pool.submit(self.go_on_writing, number % 2)
            reads = [pool.submit(
                self.go_on_reading, number % 2,
                (number % 2,) if own_only else (0, 1))
                for number in range(READERS)]
            return [wrong for read in reads for wrong in read.result(LONG)]

    def test_processes_that_share_a_cache(self) -> None:
        self.assertEqual([], self.run_all(own_only=False))
        self.assertGreater(self.version, 20)
        self.assertGreater(self.hits, self.fetches)

    def test_cache_that_fails_at_times(self) -> None:
        """Then a process still sees its own writes."""
        self.useFixture(fixtures.MockPatchObject(
            cache_region, 'PAUSE', 0.02))
        self.useFixture(fixtures.MockPatchObject(cache, 'RETRY', 0.02))
        self.useFixture(fixtures.FakeLogger())

        def fail(name: str) -> None:
            self.pause()
            if random.random() < 0.1:
                raise OSError('refused')
            self.memcached.is_down = random.random() < 0.1

        self.memcached.before = fail
        self.assertEqual([], self.run_all(own_only=True))
        self.assertGreater(self.version, 20)
