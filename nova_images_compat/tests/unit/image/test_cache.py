# SPDX-License-Identifier: Apache-2.0

"""Tests of the answers that are kept."""

from collections.abc import Callable
from concurrent import futures
import threading
import time
from typing import Any

import fixtures

from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image import cache_case

KEY = 'a-key'
NAMES = ('image 1', 'lists')

THREADS = 8

# Seconds.
LONG = 30

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
print(len(results), set(results), len(calls) <= 4)
'''


class CacheTestCase(cache_case.TestCase):

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


class ReadTest(CacheTestCase):

    def test_kept(self) -> None:
        self.assertEqual('1', self.read('1'))
        self.assertEqual('1', self.read('2'))
        self.assertEqual('1', self.read('3', self.make()))
        self.assertEqual(['1'], self.fetched)

    def test_other_key(self) -> None:
        self.read('1')
        self.assertEqual('2', self.read('2', key='other'))

    def test_expiry(self) -> None:
        self.read('1')
        self.clock.now += cache_case.SECONDS - 0.1
        self.assertEqual('1', self.read('2'))
        self.clock.now += 0.1
        self.assertEqual('3', self.read('3'))

    def test_age_counts_from_before_the_call(self) -> None:
        def wait() -> None:
            self.clock.now += cache_case.SECONDS - 1

        self.read('1', meanwhile=wait)
        self.assertEqual('1', self.read('2'))
        self.clock.now += 1
        self.assertEqual('3', self.read('3'))

    def test_clock_that_goes_back(self) -> None:
        self.read('1')
        self.clock.now -= 3600
        self.assertEqual('2', self.read('2'))

    def test_not_to_be_kept(self) -> None:
        self.read('1', is_kept=False)
        self.assertEqual('2', self.read('2'))

    def test_invalid_for_the_caller(self) -> None:
        self.read('1')
        found = self.cache.read(
            KEY, NAMES, self.clock.now + LONG, lambda value: None,
            lambda: ('new', b'new'))
        self.assertEqual('new', found)
        self.assertEqual('new', self.read('2'))

    def test_large_answers(self) -> None:
        for size in (cache.COMPRESS_ABOVE, cache.COMPRESS_ABOVE + 1,
                     5 * cache_region.MAX_SIZE):
            with self.case(size):
                answer = 'x' * size
                key = f'key-{size}'
                self.read(answer, key=key)
                self.assertEqual(answer, self.read('new', key=key))
        stored = max(map(len, self.memcached.values.values()))
        self.assertLess(stored, cache_region.MAX_SIZE)

    def test_answer_that_is_too_large(self) -> None:
        answer = ''.join(f'{number:x}{number * number:x}'
                         for number in range(300_000))
        self.read(answer)
        self.assertEqual('2', self.read('2'))
        self.assertEqual([], self.warnings())

    def test_a_hit_asks_the_cache_once(self) -> None:
        self.read('1')
        self.memcached.calls.clear()
        self.read('2')
        self.assertEqual(['get_multi'], self.memcached.calls)

    def test_nonsense(self) -> None:
        self.read('1')
        original = dict(self.memcached.values)
        for key, value in original.items():
            for nonsense in (
                    b'', b'\n', b'nonsense', value[:-1], value + b'x',
                    value.replace(b' ', b''), b'\x80\x04', 7, 'text',
                    b'nan %b plain 0\n' % value, value.upper() + b'\n',
                    b'1e999 a zlib 1\n', b'9' * 5000 + b' a b c\n'):
                with self.case(nonsense):
                    self.memcached.values = {**original, key: nonsense}
                    answer = self.read('new')
                    self.assertIn(answer, ('1', 'new'))
                    self.assertEqual(answer, self.read('newer'))
        self.assertEqual([], self.warnings())


class GenerationsTest(CacheTestCase):

    def test_end(self) -> None:
        for names in ([NAMES[0]], [NAMES[1]], NAMES, [NAMES[0], 'other']):
            with self.case(names):
                self.read('old')
                self.make().end(names)
                self.assertEqual('new', self.read('new'))
                self.assertEqual('new', self.read('newer'))
                self.cache.end(NAMES)

    def test_other_generations(self) -> None:
        self.read('old')
        self.cache.end(['image 2'])
        self.assertEqual('old', self.read('new'))

    def test_end_while_a_read_is_under_way(self) -> None:
        other = self.make()
        for name in NAMES:
            with self.case(name):
                self.assertEqual('old', self.read(
                    'old', meanwhile=lambda: other.end([name])))
                self.assertEqual('new', self.read('new'))
                self.cache.end(NAMES)

    def test_end_between_a_read_and_its_storing(self) -> None:
        other = self.make()

        def end(name: str) -> None:
            if name == 'set_multi' and self.fetched:
                self.memcached.before = lambda name: None
                other.end([NAMES[0]])

        self.memcached.before = end
        self.assertEqual('old', self.read('old'))
        self.assertEqual('new', self.read('new'))

    def test_first_reads_at_the_same_time(self) -> None:
        other = self.make()

        def read(name: str) -> None:
            if name == 'set_multi':
                self.memcached.before = lambda name: None
                self.read('1', other)

        self.memcached.before = read
        self.read('2')
        self.assertIn(self.read('3'), ('1', '2'))

    def test_lost_generations(self) -> None:
        self.read('1')
        entry = max(self.memcached.values, key=lambda key: len(
            self.memcached.values[key]))
        for key in self.memcached.values.keys() - {entry}:
            with self.case(key):
                self.read('1')
                del self.memcached.values[key]
                self.assertEqual('2', self.read('2'))
                self.cache.end(NAMES)

    def test_odd_names(self) -> None:
        for name in ('a b\n', 'ä\u2028', 'x' * 1000, ''):
            with self.case(name):
                self.read('1', names=(name,))
                self.assertEqual('1', self.read('2', names=(name,)))
                self.cache.end([name])
                self.assertEqual('3', self.read('3', names=(name,)))
        for key in self.memcached.values:
            with self.case(key):
                self.assertRegex(key, r'\A[!-~]{1,250}\Z')


class FailureTest(CacheTestCase):
    """What a cache that fails must not change."""

    def fail(self) -> None:
        self.memcached.error = OSError('refused')

    def recover(self) -> None:
        self.memcached.error = None
        self.memcached.is_down = False
        self.clock.now += cache_region.PAUSE

    def test_reads_go_on(self) -> None:
        self.read('1')
        self.fail()
        self.memcached.calls.clear()
        for number in range(5):
            with self.case(number):
                self.assertEqual(str(number), self.read(str(number)))
        self.assertEqual(['get_multi'], self.memcached.calls)
        self.assertEqual(1, len(self.warnings()))

    def test_server_that_loses_everything(self) -> None:
        """As one that is down: python-memcached does not tell."""
        self.memcached.is_down = True
        for number in range(5):
            with self.case(number):
                self.assertEqual(str(number), self.read(str(number)))
        self.assertEqual(3, len(self.memcached.calls))
        [line] = self.warnings()
        self.assertIn('it loses what is stored in it', line)

    def test_write_that_could_not_tell(self) -> None:
        self.cache.seconds = 1000
        for name, break_it in (
                ('error', self.fail),
                ('lost', lambda: setattr(self.memcached, 'is_down', True))):
            with self.case(name):
                self.read('old')
                break_it()
                self.cache.end([NAMES[0]])
                self.assertEqual('new', self.read('new'))
                self.recover()
                self.assertEqual('newer', self.read('newer'))
                self.assertEqual('newer', self.read('newest'))
                self.cache.end(NAMES)

    def test_token_that_is_not_replaced(self) -> None:
        """Such as by a server that takes no new values."""
        self.read('old')
        kept = dict(self.memcached.values)

        def undo(name: str) -> None:
            if name == 'get_multi':
                self.memcached.values = dict(kept)

        self.memcached.before = undo
        self.cache.end([NAMES[0]])
        self.assertEqual('new', self.read('new'))
        self.memcached.before = lambda name: None
        self.recover()
        self.assertEqual('newer', self.read('newer'))

    def test_write_that_could_not_tell_ends_again_first(self) -> None:
        self.cache.seconds = 1000
        self.read('old')
        self.fail()
        self.cache.end([NAMES[0]])
        self.recover()
        self.cache.end(['other'])
        self.assertEqual('new', self.read('new', self.make()))

    def test_many_writes_that_could_not_tell(self) -> None:
        self.cache.seconds = 1000
        self.read('old')
        self.fail()
        self.cache.end([NAMES[0]])
        for number in range(cache.MAX_UNENDED + 1):
            self.cache.end([f'image {number}'])
        self.recover()
        self.assertEqual('new', self.read('new'))
        self.clock.now += self.cache.seconds
        self.assertEqual('newer', self.read('newer'))
        self.assertEqual('newer', self.read('newest'))


class SharedCallsTest(CacheTestCase):

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

    def test_no_cache(self) -> None:
        self.memcached.error = OSError()
        first = self.lead(self.slow)
        self.assertEqual('own', self.ask(lambda: 'own').result(LONG))
        self.assertFalse(first.done())

    def test_greenlets_of_several_threads(self) -> None:
        path = self.configuration_of('[api]\nimage_cache_time = 60\n')
        ran = helpers.run_python(
            '-W', 'ignore', '-c', GREEN_PROGRAM.format(path=path))
        self.assertEqual(
            ('', "200 {'answer'} True\n"), (ran.stderr, ran.stdout))


class Pool(fixtures.Fixture):

    def _setUp(self) -> None:
        self.pool = futures.ThreadPoolExecutor(THREADS)
        self.addCleanup(self.pool.shutdown)
