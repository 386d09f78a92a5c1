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


# Greenlets of several native threads ask for one answer. Each native thread
# makes one call at a time.
GREEN_PROGRAM = '''
import eventlet
eventlet.monkey_patch()
import time
from eventlet import patcher
from nova_images_compat.conf import reader
from nova_images_compat.image import cache
from nova_images_compat import native

assert native.is_patched()
conf = reader.load(['--config-file', {path!r}], environ={{}})
kept = cache.Cache(conf)
calls = []
results = []

def fetch():
    calls.append(1)
    time.sleep(0.3)
    return 'answer', b'answer'

def ask(number):
    if number % 10 == 9:
        kept.end(['unrelated'])
    return kept.read('key', ['image'], time.monotonic() + 20,
                     bytes.decode, fetch)

def serve():
    pool = eventlet.GreenPool()
    results.extend(pool.imap(ask, range(50)))

threads = [patcher.original('threading').Thread(target=serve)
           for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(results), set(results), len(calls) < 60)
'''


def run_greenlets(path: str) -> tuple[object, object]:
    """Run the program above.

    :param path: the configuration
    :returns: what it must write to both outputs, and what it wrote
    """
    ran = helpers.run_python(
        '-W', 'ignore', '-c', GREEN_PROGRAM.format(path=path))
    return ('', "200 {'answer'} True\n"), (ran.stderr, ran.stdout)


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
        self.lines_seen = 0
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
        lines = self.log.output.splitlines()[self.lines_seen:]
        self.lines_seen += len(lines)
        return [line for line in lines if line.startswith('WARNING')]


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
