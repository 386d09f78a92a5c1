# SPDX-License-Identifier: Apache-2.0

"""Tests of the locks with real servers: Redis, memcached and etcd."""

from concurrent import futures
import time

import fixtures
from tooz import coordination

from nova_images_compat import exception
from nova_images_compat.image.glance import lock_backend
from nova_images_compat.image.glance import locks
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests import lock_servers

# Two images with different locks.
IMAGE, OTHER = 'image', 'other'


class RedisTest(base.TestCase):
    """A server of the test's own.

    :cvar keeps_locks: whether a server that is killed keeps the locks
    :cvar timeout: the option of the URL for the client's time-out
    """

    server_class: type[lock_servers.LockServer] = lock_servers.Redis
    keeps_locks = False
    timeout = 'socket_timeout'

    def setUp(self) -> None:
        super().setUp()
        if not self.server_class.is_installed():
            self.skipTest(f'There is no {self.server_class.program}')
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        self.server = self.useFixture(self.server_class())

    def make(self, lifetime: int = 6, timeout: int = 0) -> locks.ImageLocks:
        """Return locks, as another process has them.

        :param lifetime: seconds after which a lock expires
        :param timeout: how many seconds to wait for a lock
        """
        return locks.ImageLocks(self.useFixture(own_fixtures.Configuration({
            'coordination': {
                'backend_url': f'{self.server.url}?{self.timeout}=1'
                               f'&lock_timeout={lifetime}',
                'lock_timeout': timeout}})).conf)

    def hold(self, image_locks: locks.ImageLocks, image: str = IMAGE) -> bool:
        """Return whether the lock of an image was held."""
        try:
            with image_locks.hold(image):
                return True
        except exception.LockUnavailable:
            return False

    def other_client(
        self, options: str = '',
    ) -> coordination.CoordinationDriver:
        """Return a client that does not renew its locks."""
        client = coordination.get_coordinator(
            self.server.url + options, b'other')
        client.start()
        return client

    def break_lock(self) -> None:
        """Delete the lock of the image on the server."""
        self.other_client().get_lock(locks.lock_name(IMAGE)).break_()

    def count(self, text: str) -> int:
        """Return how many of our lines in the log contain a text."""
        return sum('nova_images_compat' in line and text in line
                   for line in self.log.output.splitlines())

    def test_one_holds_it_at_a_time(self) -> None:
        one, two = self.make(), self.make()
        with one.hold(IMAGE) as lock:
            lock.check()
            self.assertFalse(self.hold(one))
            self.assertFalse(self.hold(two))
            self.assertTrue(self.hold(two, OTHER))
        self.assertTrue(self.hold(two))

    def test_threads_of_two_take_turns(self) -> None:
        both = [self.make(timeout=30), self.make(timeout=30)]
        inside: list[int] = []
        most: list[int] = []

        def run(number: int) -> None:
            for _ in range(10):
                with both[number % 2].hold(IMAGE) as lock:
                    inside.append(number)
                    lock.check()
                    most.append(len(inside))
                    inside.remove(number)

        with futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(run, range(4)))
        self.assertEqual([1] * 40, most)

    def test_it_hangs_and_comes_back(self) -> None:
        image_locks = self.make()
        self.assertTrue(self.hold(image_locks))
        self.useFixture(fixtures.MockPatchObject(
            lock_backend, 'ANSWER_TIMEOUT', 0.5))
        self.server.suspend()
        with futures.ThreadPoolExecutor(40) as pool:
            held = list(pool.map(lambda _: self.hold(image_locks), range(40)))
        self.assertEqual({False}, set(held))
        self.assertEqual(1, self.count('ERROR'))
        self.assertEqual(1, self.count('[coordination] backend_url'))
        self.server.resume()
        self.wait_for(lambda: self.hold(image_locks))

    def test_it_is_killed_and_started_again(self) -> None:
        image_locks = self.make()
        with image_locks.hold(IMAGE) as lock:
            self.server.kill()
            for number in range(3):
                with self.case('down', number):
                    self.assertFalse(self.hold(image_locks, OTHER))
                    self.assertRaises(exception.LockUnavailable, lock.check)
            self.server.start()
            self.wait_for(lambda: self.hold(image_locks, OTHER))
            # Even a process that held the lock before may not take it twice.
            self.assertFalse(self.hold(image_locks))
            if self.keeps_locks:
                lock.check()
            else:
                self.assertRaises(exception.LockUnavailable, lock.check)
        self.assertTrue(self.hold(image_locks))

    def test_lost_lock(self) -> None:
        image_locks = self.make()
        with image_locks.hold(IMAGE) as lock:
            self.break_lock()
            self.assertRaises(exception.LockUnavailable, lock.check)
            with self.make().hold(IMAGE) as new_lock:
                self.assertRaises(exception.LockUnavailable, lock.check)
                new_lock.check()
        self.assertIn('lost while it was held; nothing', self.log.output)
        self.assertTrue(self.hold(image_locks))

    def test_lost_lock_is_not_taken_from_its_new_holder(self) -> None:
        new_holder = self.make()
        with new_holder.hold(OTHER):
            pass
        with self.make().hold(IMAGE):
            self.break_lock()
            new = new_holder.hold(IMAGE)
            lock = new.__enter__()
        lock.check()
        self.assertFalse(self.hold(self.make()))
        new.__exit__(None, None, None)
        self.assertIn('was lost while it was held', self.log.output)

    def test_a_lock_is_kept_longer_than_its_life(self) -> None:
        image_locks = self.make(lifetime=2)
        with image_locks.hold(IMAGE) as lock:
            for number in range(10):
                with self.case(number):
                    time.sleep(0.25)
                    self.assertFalse(self.hold(self.make()))
            lock.check()

    def test_a_lock_that_nobody_keeps_alive_is_waited_out(self) -> None:
        dead = self.other_client('?lock_timeout=1')
        dead.get_lock(locks.lock_name(IMAGE)).acquire()
        self.assertFalse(self.hold(self.make()))
        self.assertTrue(self.hold(self.make(timeout=30)))

    def test_a_lock_that_was_not_released_expires(self) -> None:
        image_locks = self.make(lifetime=2)
        with image_locks.hold(IMAGE):
            self.server.kill()
        self.assertIn('stays locked until', self.log.output)
        self.server.start()
        self.wait_for(lambda: self.hold(image_locks, OTHER))
        # Renewing the locks that are held does not renew the other one.
        with image_locks.hold(OTHER):
            self.assertTrue(self.hold(self.make(timeout=10)))


class MemcachedTest(RedisTest):

    server_class = lock_servers.Memcached
    timeout = 'timeout'


class EtcdTest(RedisTest):

    server_class = lock_servers.Etcd
    keeps_locks = True
    timeout = 'timeout'
