# SPDX-License-Identifier: Apache-2.0

"""What the tests of the cache have in common."""

from collections.abc import Callable
from typing import Any

import fixtures

from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests.unit import helpers

SECONDS = 10

# Seconds for which a request waits for another one.
LONG = 30

KEY = 'a-key'
NAMES = ('image 1', 'lists')


class Clock:
    """A clock in the place of the module ``time``."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestCase(helpers.TestCase):
    """A test with a memcached and a clock."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(message)s'))
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())
        self.clock = Clock()
        self.memcached.sleep = self.clock.sleep
        for module in (cache, cache_region):
            self.useFixture(
                fixtures.MockPatchObject(module, 'time', self.clock))

    def options(self, **cache_options: Any) -> dict[str, dict[str, Any]]:
        """Return the options of a cache.

        :param cache_options: options of ``[cache]`` instead of memcached
        """
        return {'api': {'image_cache_time': SECONDS},
                'cache': cache_options or fake_memcached.OPTIONS}

    def warnings(self) -> list[str]:
        """Return the warnings since the last call of this method."""
        lines = [line for line in self.log.output.splitlines()
                 if line.startswith('WARNING')]
        self.log.reset_output()
        return lines


class CacheTestCase(TestCase):
    """A test of a cache."""

    def setUp(self) -> None:
        super().setUp()
        self.fetched: list[str] = []
        self.cache = self.make()

    def make(self) -> cache.Cache:
        """Return the cache of another process."""
        return cache.Cache(self.configure(self.options()))

    def read(
        self, answer: str, kept: cache.Cache | None = None,
        names: tuple[str, ...] = NAMES, key: str = KEY,
        meanwhile: Callable[[], Any] | None = None, is_kept: bool = True,
    ) -> str:
        """Read an answer.

        :param answer: what is fetched, if anything is
        :param kept: another cache
        :param meanwhile: called while the answer is under way
        """
        def fetch() -> tuple[str, bytes | None]:
            self.fetched.append(answer)
            if meanwhile:
                meanwhile()
            return answer, answer.encode() if is_kept else None

        return (kept or self.cache).read(
            key, names, self.clock.now + LONG, bytes.decode, fetch)
