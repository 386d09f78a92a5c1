# SPDX-License-Identifier: Apache-2.0

"""Tests of locks across processes."""

from concurrent import futures
import os
import subprocess
import sys
import threading
import time
from typing import Any
from unittest import mock
import uuid

import fixtures

from nova_images_compat import exception
from nova_images_compat.image.glance import locks
from nova_images_compat.tests.unit import helpers

IMAGE = str(uuid.UUID(int=1))
OTHER = str(uuid.UUID(int=2))
TURNS = 25
PROGRAM = '''
import sys, time
from nova_images_compat.conf import reader
from nova_images_compat.image.glance import locks
conf = reader.load(['--config-file', sys.argv[1]], environ={})
with locks.ImageLocks(conf).hold(sys.argv[2]):
    print('held', flush=True)
    sys.stdin.readline()
'''


class _TestCase(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        self.state = self.useFixture(fixtures.TempDir()).path

    def make(self, **options: Any) -> locks.ImageLocks:
        """Return locks in the directory that all of a test share."""
        return locks.ImageLocks(self.configure({
            'DEFAULT': {'state_path': self.state}, 'coordination': options}))

    def assert_not_held(
        self, image_locks: locks.ImageLocks, image_id: str = IMAGE,
    ) -> exception.LockUnavailable:
        def take() -> None:
            with image_locks.hold(image_id):
                raise AssertionError('it is held twice')

        return self.assertRaises(exception.LockUnavailable, take)


class FileLocksTest(_TestCase):

    def test_one_holds_it_at_a_time(self) -> None:
        one, two = self.make(lock_timeout=0), self.make(lock_timeout=0)
        for holder in (one, two):
            with holder.hold(IMAGE):
                for other in (one, two):
                    with self.case(other):
                        error = self.assert_not_held(other)
                        self.assertEqual('10', error.headers['Retry-After'])
        self.assertRegex(
            self.log.output, '(?m)^ERROR .*Timed out after 0 seconds waiting '
            'for lock nova-images-compat-')

    def test_it_is_free_again_after_an_error(self) -> None:
        image_locks = self.make(lock_timeout=0)
        for number in range(3):
            with self.case(number):
                with self.assertRaisesRegex(RuntimeError, 'inside'):
                    with image_locks.hold(IMAGE):
                        raise RuntimeError('inside')
        self.assertEqual('', self.log.output)

    def test_images_do_not_wait_for_each_other(self) -> None:
        image_locks = self.make(lock_timeout=0)
        with image_locks.hold(IMAGE), image_locks.hold(OTHER):
            self.assert_not_held(image_locks, OTHER)

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
        image_locks = self.make(lock_timeout=5)
        holding, done = threading.Event(), threading.Event()

        def hold() -> None:
            with image_locks.hold(IMAGE):
                holding.set()
                done.wait(5)

        thread = threading.Thread(target=hold)
        thread.start()
        holding.wait(5)
        threading.Timer(0.01, done.set).start()
        with image_locks.hold(IMAGE):
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
        assert process.stdout is not None
        self.assertEqual('held\n', process.stdout.readline())
        return process

    def test_another_process(self) -> None:
        process = self._hold_elsewhere()
        image_locks = self.make(lock_timeout=0)
        self.assert_not_held(image_locks)
        process.communicate('\n', timeout=60)
        with image_locks.hold(IMAGE):
            pass

    def test_process_that_dies_leaves_no_lock(self) -> None:
        process = self._hold_elsewhere()
        process.kill()
        process.wait()
        with self.make(lock_timeout=0).hold(IMAGE):
            pass

    def test_directory_is_made_when_it_is_needed(self) -> None:
        image_locks = self.make()
        image_locks.check()
        self.assertEqual([], os.listdir(self.state))
        with image_locks.hold(IMAGE) as lock:
            lock.check()
        self.assertEqual(['locks'], os.listdir(self.state))

    def test_directory_that_cannot_be_made_until_it_is_mended(self) -> None:
        image_locks = self.make(lock_timeout=0)
        file = os.path.join(self.state, 'locks')
        open(file, 'w').close()
        for count in (1, 2):
            with self.case(count):
                self.assert_not_held(image_locks)
                self.assertEqual(count, self.log.output.count(
                    'ERROR nova_images_compat.image.glance.lock_backend '
                    '[coordination] backend_url: the lock backend failed: '
                    f'{file}'))
        os.unlink(file)
        with image_locks.hold(IMAGE):
            pass

    def test_files_do_not_grow_without_end(self) -> None:
        names = {locks.lock_name(str(uuid.uuid4()))
                 for _ in range(20000)}
        self.assertLessEqual(len(names), 4096)


class ConfigurationTest(_TestCase):

    def _refusal(self, url: str) -> str:
        """Return what is said of a URL that is of no use."""
        image_locks = self.make(backend_url=url, lock_timeout=0)
        with self.case(url):
            error = self.assertRaises(
                exception.ConfigurationError, image_locks.check)
            self.assertIn('[coordination] backend_url: ', str(error))
            self.assert_not_held(image_locks)
            self.assertRegex(
                self.log.output, r'(?m)^ERROR .*\[coordination\] backend_url')
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        return str(error)

    def test_urls(self) -> None:
        for url in ('nowhere://', 'x', '/var/lock', '', 'http://127.0.0.1',
                    'file://', 'file://locks', 'file:locks'):
            self._refusal(url)

    def test_urls_of_servers(self) -> None:
        for url in ('redis://127.0.0.1:port', 'redis://127.0.0.1:99999',
                    'redis://', 'redis://[::1', 'nowhere://[::1'):
            self._refusal(url)

    def test_missing_client_library(self) -> None:
        patcher = mock.patch.dict(
            sys.modules, {'redis': None, 'pymemcache': None})
        patcher.start()
        self.addCleanup(patcher.stop)
        for name in ('redis', 'memcached'):
            sys.modules.pop(f'tooz.drivers.{name}', None)
        for url in ('redis://127.0.0.1', 'memcached://127.0.0.1'):
            self._refusal(url)

    def test_directories(self) -> None:
        file = self.write('file', '')
        for path in (f'{file}/locks', file, '/proc/no/locks'):
            with self.case(path):
                refusal = self._refusal(f'file://{path}')
                self.assertIn(file if file in path else path, refusal)

    def test_directory_that_is_not_writable(self) -> None:
        self.useFixture(fixtures.MockPatch(
            'tempfile.TemporaryFile', side_effect=PermissionError))
        self.useFixture(fixtures.MockPatch(
            'getpass.getuser', return_value='nova'))
        self.assertRaisesRegex(
            exception.ConfigurationError,
            f'user nova cannot write to {self.state}',
            self.make(backend_url=f'file://{self.state}').check)
