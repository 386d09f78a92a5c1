# SPDX-License-Identifier: Apache-2.0

"""Many clients change the metadata of one image, and nothing is lost."""

import collections
from collections.abc import Callable
from collections.abc import Sequence
from concurrent import futures
import pathlib
import threading
import time
import uuid

import requests
from tooz import coordination

from nova_images_compat.image.glance import lock_backend
from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import redis
from nova_images_compat.tests.integration.stack import service

CLIENTS = 8
WRITES = 24

# Every so manieth write of a client removes one of its own keys.
REMOVES_EVERY = 12

# Locks are not fair: a writer may be the last of all to get one.
LOCK_TIMEOUT = 60
SHORT_LOCK_TIMEOUT = 1
MARGIN = 2.0

# More than a service has threads.
REFUSED = 40

# Of a worker: those of uWSGI, the helpers, the heart, and some of libraries'.
MOST_THREADS = 20

# Seconds that the lock of a process that died goes on.
LIFE = int(lock_backend.LOCK_LIFETIME)
# Seconds until a server of locks that is back is used again.
RECOVERY = 15.0

Metadata = dict[str, str]


class ConcurrencyTestCase(servers.ServersTestCase):
    """Tests on a Glance without a quota.

    :cvar glance_server: that Glance
    """

    @classmethod
    def start_servers(cls) -> None:
        cls.glance_server = cls.new_glance(
            'unlimited', image_property_quota=-1)

    @classmethod
    def options(
        cls, url: str, **lock_options: object,
    ) -> configuration.Options:
        return {
            'glance': {'endpoint_override': url},
            'quota': {'metadata_items': -1},
            'coordination': lock_options}

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)
        [self.image_id] = self.create_apart(1)
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def found(self) -> Metadata:
        """Return what the clients wrote, as Glance has it."""
        return {
            key: value
            for key, value in self.glance.show(self.image_id).items()
            if key.startswith('client-')}

    def check_writes(self, urls: Sequence[str]) -> None:
        """Let all clients write, and look at what becomes of it.

        :param urls: of services that the clients share
        """
        wanted: Metadata = {}
        statuses: collections.Counter[int] = collections.Counter()
        for written, answers in servers.in_parallel(
                lambda number: self.be_client(
                    f'client-{number}', urls[number % len(urls)]),
                range(CLIENTS)):
            wanted.update(written)
            statuses.update(answers)
        removals = CLIENTS * (WRITES // REMOVES_EVERY)
        self.assertEqual(
            {200: CLIENTS * WRITES, 204: removals}, dict(statuses))
        self.assertEqual(wanted, self.found())

    def be_client(
        self, name: str, url: str,
    ) -> tuple[Metadata, list[int]]:
        """Return what should be there, and the status of each answer."""
        wanted: Metadata = {}
        statuses = []
        for number in range(WRITES):
            key = f'{name}-{number}'
            if number % 2:
                answer = self.put(url, key, name)
            else:
                answer = self.request(
                    url, 'POST', self.path, json={'metadata': {key: name}})
            statuses.append(answer.status_code)
            wanted[key] = name
            if not (number + 1) % REMOVES_EVERY:
                statuses.append(self.request(
                    url, 'DELETE', f'{self.path}/{key}').status_code)
                del wanted[key]
        return wanted, statuses

    def put(self, url: str, key: str, value: str) -> requests.Response:
        return self.request(
            url, 'PUT', f'{self.path}/{key}', json={'meta': {key: value}})

    def assertRefused(self, url: str, writes: int = 4) -> None:
        """Check that writes are refused in time, and what goes on."""
        begun = time.monotonic()
        answers = servers.in_parallel(
            lambda number: self.put(url, 'client-refused', 'x'),
            range(writes))
        self.assertLess(
            time.monotonic() - begun, SHORT_LOCK_TIMEOUT + MARGIN)
        for answer in answers:
            with self.case(answer):
                self.assertFault(answer, serviceUnavailable=503)
        self.assertNotIn('client-refused', self.found())
        self.assertEqual(
            200, self.request(url, 'GET', self.path).status_code)


class FileLockTest(ConcurrencyTestCase):
    """One host, and the lock that needs nothing but it."""

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        cls.proxy = cls.start(proxy.Proxy(cls.glance_server.url))
        cls.service = cls.new_service(
            'file', cls.options(
                cls.glance_server.url, lock_timeout=LOCK_TIMEOUT))
        cls.locks = f'file://{cls.stack.directory}/{uuid.uuid4()}'
        cls.impatient = cls.new_service('impatient', cls.options(
            cls.proxy.url, backend_url=cls.locks,
            lock_timeout=SHORT_LOCK_TIMEOUT))
        cls.start_all(cls.glance_server, cls.service, cls.impatient)

    def test_writes_of_one_image(self) -> None:
        self.check_writes([self.service.url])

    def test_lock_is_held_by_somebody_else(self) -> None:
        coordinator = coordination.get_coordinator(self.locks, b'test')
        coordinator.start()
        self.addCleanup(coordinator.stop)
        lock = coordinator.get_lock(servers.lock_name(self.image_id))
        with lock:
            self.proxy.forget()
            for method, path, body in (
                    ('POST', self.path, {'metadata': {'k': 'v'}}),
                    ('PUT', self.path, {'metadata': {'k': 'v'}}),
                    ('DELETE', f'{self.path}/k', None)):
                with self.case(method, path, body):
                    self.assertFault(
                        self.request(
                            self.impatient.url, method, path, json=body),
                        serviceUnavailable=503)
            self.assertEqual([], self.proxy.asked)
            self.assertRefused(self.impatient.url)
        self.assertEqual(
            200, self.put(self.impatient.url, 'k', 'v').status_code)


class RedisLockTest(ConcurrencyTestCase):
    """Two hosts, which is to say: two services that share no directory."""

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        try:
            cls.redis = redis.Redis(
                cls.account, cls.stack, f'{cls.__name__}-redis')
        except errors.MissingProgram as error:
            raise AssertionError(error) from None
        cls.start(cls.redis)
        cls.services = [
            cls.new_service(name, cls.options(
                cls.glance_server.url, backend_url=cls.redis.url,
                lock_timeout=LOCK_TIMEOUT))
            for name in ('one', 'other')]
        cls.impatient = cls.new_service('impatient', cls.options(
            cls.glance_server.url, backend_url=cls.redis.url,
            lock_timeout=SHORT_LOCK_TIMEOUT))
        cls.proxy = cls.start(proxy.Proxy(cls.glance_server.url))
        cls.doomed = cls.new_service('doomed', cls.options(
            cls.proxy.url, backend_url=cls.redis.url,
            lock_timeout=LOCK_TIMEOUT))
        cls.start_all(
            cls.glance_server, cls.impatient, cls.doomed, *cls.services)

    def test_writes_of_one_image(self) -> None:
        self.check_writes([each.url for each in self.services])

    def test_redis_is_stopped(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.redis.stop()
        self.addCleanup(self.redis.start)
        self.assertRefused(self.impatient.url, 40)
        self.redis.start()
        self.assertWorksAgain()

    def test_redis_hangs(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.redis.suspend()
        self.assertRefused(self.impatient.url, REFUSED)
        for count in threads_of(self.impatient):
            with self.case(count):
                self.assertLess(count, MOST_THREADS)
        self.redis.resume()
        self.assertWorksAgain()

    def test_lock_is_lost_while_it_is_held(self) -> None:
        other = coordination.get_coordinator(self.redis.url, b'test')
        other.start()
        self.addCleanup(other.stop)
        lock = other.get_lock(servers.lock_name(self.image_id))
        self._check_lost(lambda: self.assertTrue(lock.break_()))

    def test_service_is_frozen_while_it_holds_a_lock(self) -> None:
        def freeze() -> None:
            self.doomed.server.suspend()
            time.sleep(LIFE + 1)
            self.doomed.server.resume()

        self._check_lost(freeze)

    def _check_lost(self, lose: Callable[[], None]) -> None:
        """Lose the lock between the two calls to Glance."""
        def answer_and_lose(exchange: proxy.Exchange) -> None:
            answer = exchange.pass_on()
            lose()
            exchange.answer(answer)

        self.proxy.forget()
        self.proxy.fail(
            answer_and_lose, method='GET', path=self.image_id, times=1)
        self.addCleanup(self.proxy.heal)
        self.assertFault(self.put(self.doomed.url, 'client-a', 'lost'),
                         serviceUnavailable=503)
        self.assertEqual(0, self.proxy.count('PATCH'))
        self.assertEqual({}, self.found())
        self.assertEqual(
            200, self.put(self.doomed.url, 'client-a', 'x').status_code)

    def test_service_is_killed_while_it_holds_a_lock(self) -> None:
        asked = threading.Event()

        def hang(exchange: proxy.Exchange) -> None:
            asked.set()
            exchange.wait()

        self.proxy.fail(hang, method='PATCH')
        self.addCleanup(self.proxy.heal)
        with futures.ThreadPoolExecutor(1) as pool:
            broken = pool.submit(self.put, self.doomed.url, 'client-a', 'x')
            self.assertTrue(asked.wait(servers.TIMEOUT))
            self.doomed.server.kill()
            self.addCleanup(self.doomed.server.start)
            answers = servers.in_parallel(
                lambda number: self.put(
                    self.services[number % 2].url, f'client-{number}', 'x'),
                range(CLIENTS))
            self.assertIsInstance(
                broken.exception(), requests.ConnectionError)
        self.assertEqual(
            {200}, {answer.status_code for answer in answers})
        self.assertEqual(CLIENTS, len(self.found()))

    def assertWorksAgain(self) -> None:
        """Check that writes soon succeed, whichever process has them."""
        servers.wait_until(
            lambda: all(
                self.put(self.impatient.url, f'client-{number}', 'x').ok
                for number in range(CLIENTS)), RECOVERY)
        self.assertEqual(CLIENTS + 1, len(self.found()))


def threads_of(server: service.Service) -> list[int]:
    """Return how many threads each process of a service has."""
    counts = []
    for process in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            if server.config.encode() in (process / 'environ').read_bytes():
                counts.append(len(list((process / 'task').iterdir())))
        except OSError:
            # It ended meanwhile, or is somebody else's.
            continue
    assert counts, f'No process has {server.config}'
    return counts
