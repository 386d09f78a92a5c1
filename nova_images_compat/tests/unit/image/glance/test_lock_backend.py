# SPDX-License-Identifier: Apache-2.0

"""Tests of the lock backend: when it hangs, fails, or loses a lock."""

from concurrent import futures
import threading
import time
from typing import Any
from unittest import mock
from urllib import parse
import uuid

from etcd3gw import exceptions as etcd_exceptions
import fixtures
import tooz
from tooz import coordination as tooz_coordination

from nova_images_compat import exception
from nova_images_compat.image.glance import lock_backend
from nova_images_compat.image.glance import locks
from nova_images_compat.tests.unit import helpers

IMAGE, OTHER = (str(uuid.UUID(int=number)) for number in (1, 2))
REDIS = 'redis://127.0.0.1'


class _Driver(tooz_coordination.CoordinationDriver):
    """A backend that a test disposes of.

    :ivar lock: the one lock that it has
    :ivar client: the client of etcd
    """

    def __init__(self) -> None:
        super().__init__(b'me', mock.MagicMock(), {})
        self.lock = mock.Mock(LOCK_PREFIX=b'/tooz/locks')
        self.lock.name = b'/x'
        self.client = mock.Mock()
        self.client.get.return_value = [b'unique']
        self.starting = mock.Mock()

    def start(self, start_heart: bool = False) -> None:
        self.starting(start_heart)

    def get_lock(self, name: bytes) -> Any:
        return self.lock


class _TestCase(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))

    def make(self, url: str = REDIS, timeout: int = 0,
             ) -> locks.ImageLocks:
        return locks.ImageLocks(self.configure({'coordination': {
            'backend_url': url, 'lock_timeout': timeout}}))

    def hold(self, image_locks: locks.ImageLocks) -> bool:
        """Return whether the lock of an image was held."""
        try:
            with image_locks.hold(IMAGE):
                return True
        except exception.LockUnavailable:
            return False

    def count(self, level: str) -> int:
        """Return how many lines of the log have a level."""
        return sum(line.startswith(f'{level} nova_images_compat')
                   for line in self.log.output.splitlines())


class BackendTest(_TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.driver = _Driver()
        self.lock = self.driver.lock
        self.get_coordinator = self.useFixture(fixtures.MockPatchObject(
            tooz_coordination, 'get_coordinator',
            return_value=self.driver)).mock
        self.useFixture(fixtures.MockPatchObject(
            lock_backend, 'ANSWER_TIMEOUT', 0.2))
        self.locks = self.make()
        self.end = threading.Event()
        self.addCleanup(self.end.set)

    def hang(self, result: Any = True) -> mock.Mock:
        """Return what hangs until the test ends it."""
        return mock.Mock(side_effect=lambda *args, **kwargs:
                         self.end.wait(10) and result)

    def url(self, url: str) -> dict[str, list[str]]:
        """Return the options of a URL as the backend gets it."""
        self.hold(self.make(url))
        return parse.parse_qs(parse.urlsplit(
            self.get_coordinator.call_args[0][0]).query)

    def test_time_outs_and_life_are_short(self) -> None:
        self.assertEqual(
            {'socket_connect_timeout': ['1'], 'socket_timeout': ['2'],
             'membership_timeout': ['6'], 'lock_timeout': ['6']},
            self.url(REDIS))
        for scheme in ('memcached', 'etcd3+http', 'etcd3+https'):
            with self.case(scheme):
                options = self.url(f'{scheme}://127.0.0.1')
                self.assertEqual(['2'], options['timeout'])
                self.assertEqual(['6'], options['lock_timeout'])

    def test_options_of_the_operator_stay(self) -> None:
        options = self.url(f'{REDIS}?lock_timeout=20&db=3&socket_timeout=')
        self.assertEqual(['20'], options['lock_timeout'])
        self.assertEqual(['3'], options['db'])
        self.assertNotIn('socket_timeout', options)
        self.assertEqual(['1'], options['socket_connect_timeout'])

    def test_it_is_started_once(self) -> None:
        self.driver.starting.assert_not_called()
        for number in range(3):
            with self.case(number):
                self.assertTrue(self.hold(self.locks))
        self.driver.starting.assert_called_once_with(False)

    def test_it_is_started_again_if_it_failed(self) -> None:
        for error in (tooz.ToozError('down'), OSError('down'),
                      ImportError('down'), ValueError('down')):
            with self.case(repr(error)):
                image_locks = self.make()
                self.driver.starting.side_effect = [error, None]
                self.assertFalse(self.hold(image_locks))
                self.assertTrue(self.hold(image_locks))
        self.assertRegex(
            self.log.output,
            r'(?m)^ERROR .*\[coordination\] backend_url: .*down')

    def test_errors_of_the_lock(self) -> None:
        for error in (tooz.ToozError('down'), ConnectionError('down')):
            with self.case(error):
                self.lock.acquire.side_effect = error
                self.assertFalse(self.hold(self.locks))
        self.lock.acquire.side_effect = None
        self.lock.acquire.return_value = False
        self.assertFalse(self.hold(self.locks))

    def test_unexpected_errors_are_not_hidden(self) -> None:
        self.lock.acquire.side_effect = RuntimeError('odd')
        self.assertRaisesRegex(RuntimeError, 'odd', self.hold, self.locks)

    def test_many_writes_while_it_hangs(self) -> None:
        self.driver.starting = self.hang()
        before = threading.active_count()
        with futures.ThreadPoolExecutor(40) as pool:
            held = list(pool.map(lambda _: self.hold(self.locks), range(40)))
        self.assertEqual({False}, set(held))
        self.assertEqual(1, threading.active_count() - before)
        self.assertEqual(1, self.count('ERROR'))

    def test_refused_at_once_until_it_answers(self) -> None:
        self.lock.acquire = self.hang()
        self.assertFalse(self.hold(self.locks))
        with mock.patch.object(lock_backend, 'ANSWER_TIMEOUT', 60):
            for number in range(20):
                with self.case(number):
                    self.assertFalse(self.hold(self.locks))
        self.assertEqual(1, self.lock.acquire.call_count)
        self.end.set()
        self.wait_for(lambda: self.hold(self.locks))
        self.assertEqual(1, self.count('WARNING'))
        self.assertIn('answers again', self.log.output)

    def test_one_at_a_time_tries(self) -> None:
        self.lock.acquire.side_effect = tooz.ToozError('down')
        self.assertFalse(self.hold(self.locks))
        self.lock.acquire = self.hang()
        with mock.patch.object(lock_backend, 'ANSWER_TIMEOUT', 60):
            with futures.ThreadPoolExecutor(1) as pool:
                probe = pool.submit(self.hold, self.locks)
                self.wait_for(lambda: self.lock.acquire.called)
                for number in range(20):
                    with self.case(number):
                        self.assertFalse(self.hold(self.locks))
                self.assertEqual(1, self.lock.acquire.call_count)
                self.end.set()
                self.assertTrue(probe.result(10))
        self.assertTrue(self.hold(self.locks))

    def test_lock_that_comes_too_late_is_given_back(self) -> None:
        self.lock.acquire = self.hang()
        self.assertFalse(self.hold(self.locks))
        self.lock.release.assert_not_called()
        self.end.set()
        self.wait_for(lambda: self.lock.release.called)

    def test_lock_is_given_back_though_the_backend_fails(self) -> None:
        # Else what keeps locks alive would keep it for ever.
        with self.locks.hold(IMAGE) as lock:
            self.lock.is_still_owner = self.hang()
            self.assertRaises(exception.LockUnavailable, lock.check)
        self.end.set()
        self.wait_for(lambda: self.lock.release.called)

    def test_locks_are_kept_alive_while_they_are_held(self) -> None:
        self.useFixture(fixtures.MockPatchObject(
            lock_backend, 'FIRST_RENEWAL', 0.05))
        renew = self.lock.heartbeat
        image_locks = self.make(f'{REDIS}?lock_timeout=0.04')
        with image_locks.hold(IMAGE):
            renew.assert_not_called()
            self.wait_for(lambda: renew.call_count > 2)
            renew.side_effect = tooz.ToozError('lost')
            self.wait_for(lambda: 'held lock alive: lost' in self.log.output)
            renew.side_effect = tooz_coordination.ToozConnectionError('down')
            self.wait_for(
                lambda: 'the held locks alive: down' in self.log.output)
        count = renew.call_count
        time.sleep(0.1)
        self.assertEqual(count, renew.call_count)

    def test_release_that_fails_is_told_but_the_work_is_done(self) -> None:
        for effect in ({'side_effect': tooz.ToozError('down')},
                       {'side_effect': OSError('down')},
                       {'side_effect': self.hang()},
                       {'side_effect': None, 'return_value': False}):
            with self.case(str(effect)):
                image_locks = self.make()
                before = self.count('WARNING')
                self.lock.release.configure_mock(**effect)
                self.assertTrue(self.hold(image_locks))
                self.assertEqual(before + 1, self.count('WARNING'))

    def test_lost_lock_of_each_kind(self) -> None:
        kinds: tuple[dict[str, Any], ...] = (
            {'is_still_owner.return_value': False},
            {'is_still_owner.side_effect': tooz.ToozError('down')})
        for kind in kinds:
            with self.case(str(kind)):
                self.lock.reset_mock(side_effect=True)
                with self.make().hold(IMAGE) as lock:
                    self.lock.configure_mock(**kind)
                    self.assertRaises(exception.LockUnavailable, lock.check)

    def test_other_locks_are_renewed_though_one_is_lost(self) -> None:
        self.useFixture(fixtures.MockPatchObject(
            lock_backend, 'FIRST_RENEWAL', 0.05))
        lost, kept = mock.Mock(), mock.Mock()
        lost.heartbeat.side_effect = tooz.ToozError('lost')
        self.useFixture(fixtures.MockPatchObject(
            self.driver, 'get_lock', side_effect=[lost, kept]))
        with self.locks.hold(IMAGE), self.locks.hold(OTHER):
            self.wait_for(lambda: kept.heartbeat.called)

    def test_a_process_does_not_take_a_lock_twice(self) -> None:
        with self.locks.hold(IMAGE):
            self.assertFalse(self.hold(self.locks))
            self.lock.acquire.assert_called_once()
        self.assertTrue(self.hold(self.locks))

    def test_a_fork_inherits_neither_connection_nor_locks(self) -> None:
        with self.locks.hold(IMAGE):
            with mock.patch('os.getpid', autospec=True, return_value=1):
                self.assertTrue(self.hold(self.locks))
        self.assertEqual(2, self.driver.starting.call_count)

    def test_etcd_lock_is_lost(self) -> None:
        get = self.driver.client.get
        for values in ([], [b'of another holder']):
            with self.case(values):
                get.return_value = [b'unique']
                with self.make('etcd3+http://127.0.0.1').hold(IMAGE) as lock:
                    lock.check()
                    get.return_value = values
                    self.assertRaises(exception.LockUnavailable, lock.check)
                get.assert_called_with('/tooz/locks/x')

    def test_etcd_fails_after_it_gave_the_lock(self) -> None:
        self.driver.client.get.side_effect = etcd_exceptions.Etcd3Exception()
        self.assertFalse(self.hold(self.make('etcd3+http://127.0.0.1')))
        self.lock.release.assert_called_once_with()
        self.assertIn('Etcd3Exception', self.log.output)

    def test_errors_without_a_text(self) -> None:
        self.lock.acquire.side_effect = tooz.ToozError('')
        self.lock.acquire.side_effect.__cause__ = EOFError()
        self.assertFalse(self.hold(self.locks))
        self.assertIn('the lock backend failed: EOFError()', self.log.output)

    def test_lock_of_a_database_has_no_heart(self) -> None:
        self.driver.lock = mock.Mock(
            spec=['name', 'acquire', 'release', 'acquired', 'is_still_owner'])
        self.driver.lock.is_still_owner.side_effect = tooz.NotImplemented
        with self.locks.hold(IMAGE) as lock:
            lock.check()
            self.driver.lock.acquired = False
            self.assertRaises(exception.LockUnavailable, lock.check)
