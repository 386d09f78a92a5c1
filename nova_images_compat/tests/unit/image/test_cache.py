# SPDX-License-Identifier: Apache-2.0

"""Tests of the answers that are kept."""

import hashlib
from unittest import mock

from nova_images_compat.image import cache
from nova_images_compat.image import cache_region
from nova_images_compat.tests.unit.image import cache_case

KEY, NAMES, LONG = cache_case.KEY, cache_case.NAMES, cache_case.LONG


class ReadTest(cache_case.CacheTestCase):

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


class GenerationsTest(cache_case.CacheTestCase):

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


class FailureTest(cache_case.CacheTestCase):
    """What a cache that fails must not change."""

    def break_it(self) -> None:
        self.memcached.error = OSError('refused')

    def recover(self) -> None:
        self.memcached.error = None
        self.memcached.is_down = False
        self.clock.now += cache_region.PAUSE

    def test_reads_go_on(self) -> None:
        self.read('1')
        self.break_it()
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
        self.assertEqual(4, len(self.memcached.calls))
        [line] = self.warnings()
        self.assertIn('it loses what is stored in it', line)

    def test_write_that_could_not_tell(self) -> None:
        self.cache.seconds = 1000
        for name, break_down in (
                ('error', self.break_it),
                ('lost', lambda: setattr(self.memcached, 'is_down', True))):
            with self.case(name):
                self.read('old')
                break_down()
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
        self.break_it()
        self.cache.end([NAMES[0]])
        self.recover()
        self.cache.end(['other'])
        self.assertEqual('new', self.read('new', self.make()))

    def test_write_in_a_pause(self) -> None:
        """A cache that was slow, or failed once, still hears of writes."""
        slow = 2 * cache_region.SLOW
        for name, error, delay, then in (
                ('slow read', None, slow, 0), ('slow', None, slow, slow),
                ('failed read', OSError('reset'), 0, 0)):
            with self.case(name):
                self.read('old')
                self.memcached.error, self.memcached.delay = error, delay
                self.read('old')
                self.memcached.error, self.memcached.delay = None, then
                found = []
                for answer in ('new', 'newer'):
                    self.memcached.delay = then
                    self.cache.end([NAMES[0]])
                    self.memcached.delay = 0
                    found.append(self.read(answer, self.make()))
                self.assertEqual(['new', 'newer'], found)
                self.assertEqual(1, len(self.warnings()))
                self.recover()
                self.cache.end(NAMES)

    def test_writes_while_it_is_down(self) -> None:
        """Only some try, and the next one that succeeds tells of all."""
        both, slow = ['set_multi', 'get_multi'], 2 * cache_region.SLOW

        def undo(name: str) -> None:
            self.memcached.values = dict(kept)

        for name, tried, changes in (
                ('error', both[:1], {'error': OSError('timed out')}),
                ('lost', both, {'is_down': True}),
                ('timed out', both, {'is_down': True, 'delay': slow}),
                ('slow and full', both, {'before': undo, 'delay': slow})):
            with self.case(name):
                ids = [f'{name} {number}' for number in range(3)]
                for each in ids:
                    self.read('old', names=(each,), key=each)
                kept = dict(self.memcached.values)
                for attribute, value in changes.items():
                    setattr(self.memcached, attribute, value)
                self.assertEqual(tried, self.calls_of_ends(ids))
                self.clock.now += cache.RETRY
                self.assertEqual(tried, self.calls_of_ends(ids))
                self.memcached.error, self.memcached.delay = None, 0
                self.memcached.is_down = False
                self.memcached.before = lambda name: None
                self.clock.now += cache.RETRY
                self.cache.end(['other'])
                self.assertEqual(['new'] * len(ids), [
                    self.read('new', self.make(), names=(each,), key=each)
                    for each in ids])
                self.recover()

    def calls_of_ends(self, names: list[str]) -> list[str]:
        """End generations, one after another, and return the calls."""
        self.memcached.calls.clear()
        for name in names:
            self.cache.end([name])
        return self.memcached.calls

    def test_one_write_tries_again(self) -> None:
        self.break_it()
        self.cache.end([NAMES[0]])
        self.clock.now += cache.RETRY

        def end(name: str) -> None:
            self.memcached.before = lambda name: None
            self.cache.end(['other'])

        self.memcached.before = end
        self.assertEqual(['set_multi'], self.calls_of_ends([NAMES[0]]))

    def test_reads_in_a_pause_cost_nothing(self) -> None:
        """However many writes the process remembers."""
        self.break_it()
        self.calls_of_ends([f'image {number}' for number in range(100)])
        self.memcached.calls.clear()
        self.clock.now += cache.RETRY
        with mock.patch.object(
                hashlib, 'sha256', autospec=True) as digest:
            self.assertEqual('1', self.read('1'))
        digest.assert_not_called()
        self.assertEqual([], self.memcached.calls)

    def test_many_writers_at_the_same_time(self) -> None:
        """They replace one another's tokens, which is no failure."""
        others = [self.make() for _ in range(10)]

        def end(name: str) -> None:
            if name == 'get_multi' and others:
                self.memcached.before = lambda name: None
                others.pop().end([NAMES[0]])
                self.memcached.before = end

        self.memcached.before = end
        self.read('old')
        self.cache.end([NAMES[0]])
        self.assertEqual([], others)
        self.assertEqual('new', self.read('new'))
        self.assertEqual([], self.warnings())

    def test_many_writes_that_could_not_tell(self) -> None:
        self.cache.seconds = 1000
        self.read('old')
        self.break_it()
        self.cache.end([NAMES[0]])
        for number in range(cache.MAX_UNENDED + 1):
            self.cache.end([f'image {number}'])
        self.recover()
        self.assertEqual('new', self.read('new'))
        self.clock.now += self.cache.seconds
        self.assertEqual('newer', self.read('newer'))
        self.assertEqual('newer', self.read('newest'))
