# SPDX-License-Identifier: Apache-2.0

"""Tests of the lock backend: when it hangs, fails, or loses a lock."""

from concurrent import futures
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import Any
from unittest import mock
from urllib import parse
import uuid

import fixtures
import tooz
from tooz import coordination as tooz_coordination

from nova_images_compat import exception
from nova_images_compat.image.glance import lock_backend
from nova_images_compat.image.glance import locks
from nova_images_compat.tests.unit import helpers

IMAGE = str(uuid.UUID(int=1))
REDIS = 'redis://127.0.0.1'


class _Driver(tooz_coordination.CoordinationDriver):
    """A backend that a test disposes of.

    :ivar lock: the one lock that it has
    """

    def __init__(self) -> None:
        super().__init__(b'me', mock.MagicMock(), {})
        self.lock = mock.Mock()
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
        self.driver.requires_beating = True
        renew = self.useFixture(fixtures.MockPatchObject(
            self.driver, 'heartbeat', return_value=0.02)).mock
        with self.locks.hold(IMAGE):
            renew.assert_not_called()
            self.wait_for(lambda: renew.call_count > 2)
            renew.side_effect = tooz.ToozError('down')
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
            {'is_still_owner.side_effect': tooz.NotImplemented,
             'heartbeat.return_value': False},
            {'is_still_owner.side_effect': tooz.ToozError('down')})
        for kind in kinds:
            with self.case(str(kind)):
                self.lock.reset_mock(side_effect=True)
                with self.make().hold(IMAGE) as lock:
                    self.lock.configure_mock(**kind)
                    self.assertRaises(exception.LockUnavailable, lock.check)

    def test_lock_of_a_database_has_no_heart(self) -> None:
        self.driver.lock = mock.Mock(
            spec=['name', 'acquire', 'release', 'acquired', 'is_still_owner'])
        self.driver.lock.is_still_owner.side_effect = tooz.NotImplemented
        with self.locks.hold(IMAGE) as lock:
            lock.check()
            self.driver.lock.acquired = False
            self.assertRaises(exception.LockUnavailable, lock.check)


class RedisTest(_TestCase):
    """A Redis of the test's own."""

    def setUp(self) -> None:
        super().setUp()
        program = shutil.which('redis-server')
        if program is None:
            self.skipTest('There is no redis-server')
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        self.server = subprocess.Popen(
            [program, '--bind', '127.0.0.1', '--port', str(port), '--save',
             ''], stdout=subprocess.DEVNULL,
            cwd=self.useFixture(fixtures.TempDir()).path)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        self.url = f'redis://127.0.0.1:{port}'
        self.wait_for(lambda: self._answers(port))

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
        except OSError:
            return False
        return True

    def test_one_holds_it_at_a_time(self) -> None:
        one, two = self.make(self.url), self.make(self.url)
        with one.hold(IMAGE) as lock:
            lock.check()
            self.assertFalse(self.hold(one))
            self.assertFalse(self.hold(two))
        self.assertTrue(self.hold(two))

    def test_it_hangs_and_comes_back(self) -> None:
        image_locks = self.make(self.url)
        self.assertTrue(self.hold(image_locks))
        self.server.send_signal(signal.SIGSTOP)
        with futures.ThreadPoolExecutor(40) as pool:
            held = list(pool.map(lambda _: self.hold(image_locks), range(40)))
        self.assertEqual({False}, set(held))
        self.server.send_signal(signal.SIGCONT)
        self.wait_for(lambda: self.hold(image_locks))

    def test_lost_lock(self) -> None:
        image_locks = self.make(self.url)
        other = tooz_coordination.get_coordinator(self.url, b'other')
        other.start()
        self.addCleanup(other.stop)
        with image_locks.hold(IMAGE) as lock:
            other.get_lock(locks.lock_name(IMAGE)).break_()
            self.assertRaises(exception.LockUnavailable, lock.check)
            self.assertTrue(self.hold(self.make(self.url)))
        self.assertIn('lost while it was held; nothing', self.log.output)
        self.assertTrue(self.hold(image_locks))

    def test_a_lock_is_kept_longer_than_its_life(self) -> None:
        image_locks = self.make(f'{self.url}?lock_timeout=2')
        with image_locks.hold(IMAGE) as lock:
            for number in range(10):
                with self.case(number):
                    time.sleep(0.25)
                    self.assertFalse(self.hold(self.make(self.url)))
            lock.check()

    def test_a_lock_that_nobody_keeps_alive_is_waited_out(self) -> None:
        dead = tooz_coordination.get_coordinator(
            f'{self.url}?lock_timeout=1', b'dead')
        dead.start()
        self.addCleanup(dead.stop)
        dead.get_lock(locks.lock_name(IMAGE)).acquire()
        self.assertFalse(self.hold(self.make(self.url)))
        self.assertTrue(self.hold(self.make(self.url, timeout=30)))
