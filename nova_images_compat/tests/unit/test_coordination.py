# SPDX-License-Identifier: Apache-2.0

"""Tests of locks across processes."""

from concurrent import futures
import os
import socket
import subprocess
import sys
import threading
import time
from typing import Any
from unittest import mock
import uuid

import fixtures
import tooz
from tooz import coordination as tooz_coordination

from nova_images_compat import coordination
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers

IMAGE = str(uuid.UUID(int=1))
OTHER = str(uuid.UUID(int=2))
TURNS = 25
PROGRAM = '''
import sys, time
from nova_images_compat import coordination
from nova_images_compat.conf import loader
conf = loader.load(['--config-file', sys.argv[1]], environ={})
with coordination.ImageLocks(conf).hold(sys.argv[2]):
    print('held', flush=True)
    sys.stdin.readline()
'''


class _TestCase(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        self.state = self.useFixture(fixtures.TempDir()).path

    def make(self, **options: Any) -> coordination.ImageLocks:
        """Return locks in the directory that all of a test share."""
        return coordination.ImageLocks(self.configure({
            'DEFAULT': {'state_path': self.state}, 'coordination': options}))

    def assert_not_held(
        self, locks: coordination.ImageLocks, image_id: str = IMAGE,
    ) -> exception.LockUnavailable:
        def take() -> None:
            with locks.hold(image_id):
                raise AssertionError('it is held twice')

        return self.assertRaises(exception.LockUnavailable, take)


class FileLocksTest(_TestCase):

    def test_one_holds_it_at_a_time(self) -> None:
        one, two = self.make(lock_timeout=0), self.make(lock_timeout=0)
        for holder in (one, two):
            with holder.hold(IMAGE):
                for other in (one, two):
                    error = self.assert_not_held(other)
                    self.assertEqual('10', error.headers['Retry-After'])
        self.assertRegex(self.log.output, '(?m)^ERROR .*not to be had')

    def test_it_is_free_again_after_an_error(self) -> None:
        locks = self.make(lock_timeout=0)
        for _ in range(3):
            with self.assertRaisesRegex(RuntimeError, 'inside'):
                with locks.hold(IMAGE):
                    raise RuntimeError('inside')
        self.assertEqual('', self.log.output)

    def test_images_do_not_wait_for_each_other(self) -> None:
        locks = self.make(lock_timeout=0)
        with locks.hold(IMAGE), locks.hold(OTHER):
            self.assert_not_held(locks, OTHER)

    def test_threads_of_two_take_turns(self) -> None:
        both = [self.make(), self.make()]
        inside: list[int] = []
        most = []

        def run(number: int) -> None:
            for _ in range(TURNS):
                with both[number % 2].hold(IMAGE):
                    inside.append(number)
                    time.sleep(0.0005)
                    most.append(len(inside))
                    inside.remove(number)

        with futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(run, range(4)))
        self.assertEqual([1] * 4 * TURNS, most)

    def test_who_waits_gets_it(self) -> None:
        locks = self.make(lock_timeout=5)
        holding, done = threading.Event(), threading.Event()

        def hold() -> None:
            with locks.hold(IMAGE):
                holding.set()
                done.wait(5)

        thread = threading.Thread(target=hold)
        thread.start()
        holding.wait(5)
        threading.Timer(0.01, done.set).start()
        with locks.hold(IMAGE):
            self.assertTrue(done.is_set())
        thread.join()

    def _hold_elsewhere(self) -> subprocess.Popen[str]:
        """Return a process that holds the lock until it reads a line."""
        path = self.configuration_of(f'[DEFAULT]\nstate_path={self.state}\n')
        process = subprocess.Popen(
            [sys.executable, '-c', PROGRAM, path, IMAGE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        self.assertEqual('held\n', process.stdout.readline())
        return process

    def test_another_process(self) -> None:
        process = self._hold_elsewhere()
        locks = self.make(lock_timeout=0)
        self.assert_not_held(locks)
        process.communicate('\n', timeout=60)
        with locks.hold(IMAGE):
            pass

    def test_process_that_dies_leaves_no_lock(self) -> None:
        process = self._hold_elsewhere()
        process.kill()
        process.wait()
        with self.make(lock_timeout=0).hold(IMAGE):
            pass

    def test_it_is_made_in_the_state_directory(self) -> None:
        self.make()
        self.assertTrue(os.path.isdir(os.path.join(self.state, 'locks')))

    def test_files_do_not_grow_without_end(self) -> None:
        names = {coordination._lock_name(str(uuid.uuid4()))
                 for _ in range(20000)}
        self.assertLessEqual(len(names), 4096)


class ConfigurationTest(_TestCase):

    def _assert_refused(self, url: str) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, self.make, backend_url=url)
        self.assertIn('[coordination] backend_url', str(error))

    def test_urls(self) -> None:
        for url in ('nowhere://', 'x', '/var/lock', 'file://', '',
                    'file://locks', 'http://127.0.0.1'):
            self._assert_refused(url)

    def test_urls_of_servers(self) -> None:
        for url in ('redis://127.0.0.1:port', 'redis://127.0.0.1:99999',
                    'redis://'):
            self._assert_refused(url)

    def test_directories(self) -> None:
        file = self.write('file', '')
        for path in (f'{file}/locks', file, '/proc/no/locks'):
            self._assert_refused(f'file://{path}')

    def test_directory_that_is_not_writable(self) -> None:
        with mock.patch.object(
                os, 'access', autospec=True, return_value=False):
            self._assert_refused(f'file://{self.state}')


class _Driver(tooz_coordination.CoordinationDriver):
    """A backend that a test disposes of."""

    def __init__(self, start: Any = None, lock: Any = None) -> None:
        super().__init__(b'me', mock.MagicMock(), {})
        self.lock = lock or mock.Mock()
        self.starting = start or (lambda: None)
        self.starts = 0

    def start(self, start_heart: bool = False) -> None:
        self.starts += 1
        self.starting()

    def get_lock(self, name: bytes) -> Any:
        return self.lock


class BackendTest(_TestCase):

    def _locks_on(
        self, driver: _Driver, lock_timeout: int = 0,
    ) -> coordination.ImageLocks:
        self.useFixture(fixtures.MockPatchObject(
            tooz_coordination, 'get_coordinator', lambda *args: driver))
        self.useFixture(fixtures.MockPatchObject(
            coordination, 'GRACE', 0.1))
        return self.make(
            lock_timeout=lock_timeout, backend_url='redis://127.0.0.1')

    def _hold(self, locks: coordination.ImageLocks) -> None:
        with locks.hold(IMAGE):
            self.held = True

    def test_it_is_not_started_with_the_service(self) -> None:
        driver = _Driver()
        locks = self._locks_on(driver)
        self.assertEqual(0, driver.starts)
        for _ in range(3):
            self._hold(locks)
        self.assertEqual(1, driver.starts)

    def test_it_is_started_again_if_it_failed(self) -> None:
        for error in (tooz.ToozError('down'), OSError('down')):
            driver = _Driver(mock.Mock(side_effect=[error, None]))
            locks = self._locks_on(driver)
            self.assert_not_held(locks)
            self._hold(locks)
            self.assertEqual(2, driver.starts)
        self.assertRegex(self.log.output, '(?m)^ERROR .*down')

    def test_errors_of_the_lock(self) -> None:
        lock = mock.Mock()
        locks = self._locks_on(_Driver(lock=lock))
        for error in (tooz.ToozError('down'), ConnectionError('down')):
            lock.acquire.side_effect = error
            self.assert_not_held(locks)
        lock.acquire.side_effect = None
        lock.acquire.return_value = False
        self.assert_not_held(locks)

    def test_it_hangs_at_the_start(self) -> None:
        end = threading.Event()
        self.addCleanup(end.set)
        locks = self._locks_on(_Driver(lambda: end.wait(10)))
        started = time.monotonic()
        self.assert_not_held(locks)
        self.assertLess(time.monotonic() - started, 1)

    def test_lock_that_comes_too_late_is_given_back(self) -> None:
        end, given = threading.Event(), threading.Event()
        lock = mock.Mock()
        lock.acquire.side_effect = lambda **kwargs: end.wait(10)
        lock.release.side_effect = given.set
        locks = self._locks_on(_Driver(lock=lock))
        self.assert_not_held(locks)
        lock.release.assert_not_called()
        end.set()
        self.assertTrue(given.wait(5))

    def test_release_that_fails_is_told_but_the_work_is_done(self) -> None:
        lock = mock.Mock()
        locks = self._locks_on(_Driver(lock=lock))
        for effect in ({'side_effect': tooz.ToozError('down')},
                       {'side_effect': OSError('down')},
                       {'side_effect': lambda: time.sleep(0.3)},
                       {'side_effect': None, 'return_value': False}):
            self.held = False
            lock.release.configure_mock(**effect)
            self._hold(locks)
            self.assertTrue(self.held)
        self.assertEqual(4, self.log.output.count('WARNING'))

    def test_unexpected_errors_are_not_hidden(self) -> None:
        lock = mock.Mock()
        lock.acquire.side_effect = RuntimeError('odd')
        locks = self._locks_on(_Driver(lock=lock))
        self.assertRaisesRegex(RuntimeError, 'odd', self._hold, locks)


class ServerTest(_TestCase):
    """A server of locks that is not there, or says nothing."""

    def test_it_is_not_there(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as listener:
            port = listener.getsockname()[1]
        locks = self.make(
            backend_url=f'redis://127.0.0.1:{port}', lock_timeout=1)
        started = time.monotonic()
        self.assert_not_held(locks)
        self.assertLess(time.monotonic() - started, 2.5)

    def test_it_never_answers(self) -> None:
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        locks = self.make(
            backend_url='redis://127.0.0.1:{}'.format(
                listener.getsockname()[1]), lock_timeout=1)
        started = time.monotonic()
        self.assert_not_held(locks)
        self.assertLess(time.monotonic() - started, 2.5)
        self.assertRegex(self.log.output, '(?m)^ERROR .*in time')
