# SPDX-License-Identifier: Apache-2.0

"""Tests of a cache that may fail."""

from typing import Any

from nova_images_compat.image import cache_backend
from nova_images_compat.image import cache_region
from nova_images_compat.tests.unit.image import cache_case


class RegionTest(cache_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        conf = self.configure(self.options())
        self.region = cache_region.Region(conf, 100)

    def fail_once(self, error: Any = None) -> None:
        self.memcached.error = error or OSError('refused')
        self.assertIsNone(self.region.get(['key']))

    def test_values(self) -> None:
        self.assertEqual([None, None], self.region.get(['a', 'b']))
        self.assertTrue(self.region.set({'a': b'1', 'b': b'2'}))
        self.assertEqual([b'2', b'1'], self.region.get(['b', 'a']))
        self.assertEqual([], self.warnings())

    def test_nonsense_is_no_value(self) -> None:
        for value in ('text', 7, None, ['list'], {}, object()):
            with self.case(value):
                self.memcached.values['key'] = value
                self.assertEqual([None], self.region.get(['key']))
        self.assertEqual([], self.warnings())

    def test_failure_is_logged_once(self) -> None:
        self.fail_once()
        self.memcached.error = None
        self.memcached.calls.clear()
        for number in range(3):
            with self.case(number):
                self.assertIsNone(self.region.get(['key']))
                self.assertFalse(self.region.set({'key': b'value'}))
        self.assertEqual([], self.memcached.calls)
        [line] = self.warnings()
        self.assertIn('30 seconds', line)
        self.assertIn('refused', line)

    def test_any_error_is_a_failure(self) -> None:
        for error in (OSError(), ValueError(), RuntimeError(), KeyError()):
            with self.case(error):
                self.fail_once(error)
                self.clock.now += cache_region.PAUSE

    def test_it_is_used_again(self) -> None:
        self.fail_once()
        self.clock.now += cache_region.PAUSE
        self.memcached.error = None
        for number in range(2):
            with self.case(number):
                self.assertEqual([None], self.region.get(['key']))
        self.assertEqual(1, len(self.warnings()))

    def test_it_is_used_again_when_it_keeps_values(self) -> None:
        """A server that is down may only seem to be empty."""
        self.fail_once()
        self.memcached.error = None
        for name, is_down, before in (
                ('down', True, lambda name: None),
                ('full', False, lambda name: self.memcached.values.clear())):
            with self.case(name):
                self.memcached.is_down = is_down
                self.memcached.before = before
                self.clock.now += cache_region.PAUSE
                self.warnings()
                self.region.get(['key'])
                self.assertIsNone(self.region.get(['key']))
                self.assertNotIn('used again', self.log.output)
                [line] = self.warnings()
                self.assertIn(cache_region.LOSES, line)
        self.memcached.before = lambda name: None
        self.clock.now += cache_region.PAUSE
        for number in range(2):
            with self.case(number):
                self.assertTrue(self.region.set({'key': b'value'}))
        self.assertEqual(1, self.log.output.count('used again'))

    def test_use_in_a_pause(self) -> None:
        """It neither ends the pause nor begins another one."""
        self.fail_once()
        self.assertIsNone(self.region.get(['key'], even_if_paused=True))
        self.memcached.error = None
        self.clock.now += cache_region.PAUSE / 2
        self.assertTrue(
            self.region.set({'key': b'value'}, even_if_paused=True))
        self.assertEqual(
            [b'value'], self.region.get(['key'], even_if_paused=True))
        self.assertTrue(self.region.is_paused)
        self.assertIsNone(self.region.get(['key']))
        self.clock.now += cache_region.PAUSE / 2
        self.assertFalse(self.region.is_paused)
        self.assertEqual([b'value'], self.region.get(['key']))
        self.assertEqual(1, len(self.warnings()))

    def test_one_request_tries_it_again(self) -> None:
        self.fail_once()
        self.clock.now += cache_region.PAUSE
        tried: list[Any] = []

        def meanwhile(name: str) -> None:
            self.memcached.before = lambda name: None
            tried.append(self.region.get(['key']))

        self.memcached.before = meanwhile
        self.memcached.calls.clear()
        self.fail_once()
        self.assertEqual([None], tried)
        self.assertEqual(['get_multi'], self.memcached.calls)

    def test_slow_one_is_left_out(self) -> None:
        self.memcached.values['key'] = b'value'
        self.memcached.delay = cache_region.SLOW * 2
        self.assertEqual([b'value'], self.region.get(['key']))
        self.assertIsNone(self.region.get(['key']))
        [line] = self.warnings()
        self.assertIn('took 1.0 seconds', line)

    def test_memory_of_the_process(self) -> None:
        for options in ({'enabled': False},
                        {'enabled': True, 'backend': 'oslo_cache.dict'}):
            with self.case(options):
                region = cache_region.Region(
                    self.configure(self.options(**options)), 100)
                self.assertTrue(region.is_in_process)
                region.set({'a': b'1'})
                self.assertEqual([b'1', None], region.get(['a', 'b']))
        self.assertEqual([], self.memcached.calls)


class MemoryTest(cache_case.TestCase):

    def test_its_size_is_limited(self) -> None:
        memory = cache_backend.Memory()
        value = b'x' * 100_000
        for number in range(1000):
            memory.set_serialized_multi({f'key-{number}': value})
        keys = [f'key-{number}' for number in range(1000)]
        kept = [found for found in memory.get_serialized_multi(keys) if found]
        self.assertLessEqual(len(kept) * len(value), cache_backend.MAX_MEMORY)
        self.assertGreater(
            len(kept) * len(value), cache_backend.MAX_MEMORY * 0.9)

    def test_number_of_small_ones_is_limited(self) -> None:
        memory = cache_backend.Memory(100 * cache_backend.OVERHEAD)
        keys = [f'key-{number}' for number in range(1000)]
        memory.set_serialized_multi({key: b'' for key in keys})
        found = memory.get_serialized_multi(keys)
        self.assertEqual(100, len([value for value in found
                                   if value is not None]))

    def test_what_was_used_last_stays(self) -> None:
        memory = cache_backend.Memory(3 * (cache_backend.OVERHEAD + 1))
        memory.set_serialized_multi({'a': b'1', 'b': b'2', 'c': b'3'})
        memory.get_serialized_multi(['a', 'other'])
        memory.set_serialized_multi({'d': b'4'})
        self.assertEqual(
            [b'1', None, b'3', b'4'],
            memory.get_serialized_multi(['a', 'b', 'c', 'd']))

    def test_a_new_value_replaces_the_old_one(self) -> None:
        memory = cache_backend.Memory(3 * (cache_backend.OVERHEAD + 1))
        memory.set_serialized_multi({'other': b'0'})
        for number in range(100):
            memory.set_serialized_multi({'key': b'%d' % (number % 10)})
        self.assertEqual(
            [b'0', b'9'], memory.get_serialized_multi(['other', 'key']))
