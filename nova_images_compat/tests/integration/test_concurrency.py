# SPDX-License-Identifier: Apache-2.0

"""Many clients write metadata of one image, and no write is lost."""

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
from nova_images_compat.tests.integration.stack import etcd
from nova_images_compat.tests.integration.stack import memcached
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

CLIENTS = 8
WRITES = 24

# After this number of writes, a client removes one of its keys.
REMOVES_EVERY = 12

# Seconds. Locks are not fair: a writer may have to wait for all others.
LOCK_TIMEOUT = 60
SHORT_LOCK_TIMEOUT = 1
MARGIN = 2.0

# More writes than a service has threads.
REJECTED = 40

# Threads of a worker: uWSGI's, ours, and some of libraries.
MOST_THREADS = 20

# Seconds until the lock of a killed process expires.
LIFE = int(lock_backend.LOCK_LIFETIME)
# Seconds until a recovered lock server is used again.
RECOVERY = 15.0

Metadata = dict[str, str]


class ConcurrencyTestCase(servers.ServersTestCase):
    """Clients of a Glance without a quota.

    :cvar glance_server: that Glance
    """

    glance_server: uwsgi.Server

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
        [self.image_id] = self.create_apart(1)
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def found(self) -> Metadata:
        """Return the metadata in Glance that the clients wrote."""
        return {
            key: value
            for key, value in self.glance.show(self.image_id).items()
            if key.startswith('client-')}

    def check_writes(self, urls: Sequence[str]) -> None:
        """Check that the writes of all clients succeed, and none is lost.

        :param urls: the URLs of the services that the clients share
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
        """Write and remove items.

        :param name: the name of the client, with which its keys begin
        :param url: the URL of its service
        :returns: the items that should exist now, and all statuses
        """
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

    def assertRejected(self, url: str, writes: int = 4) -> None:
        """Check that writes fail in time, and reads succeed."""
        answers = servers.in_parallel(
            lambda number: self.put(url, 'client-rejected', 'x'),
            range(writes))
        for answer in answers:
            with self.case(answer):
                self.assertLess(
                    answer.elapsed.total_seconds(),
                    SHORT_LOCK_TIMEOUT + MARGIN)
                self.assertFault(answer, serviceUnavailable=503)
        self.assertNotIn('client-rejected', self.found())
        self.assertEqual(
            200, self.request(url, 'GET', self.path).status_code)


class FileLockTest(ConcurrencyTestCase):
    """One host with lock files.

    :cvar locks: the URL of the lock files
    :cvar glance_proxy: the proxy before the Glance of ``impatient``
    :cvar impatient: a service that times out waiting for a lock soon
    """

    api: service.Service
    locks: str
    glance_proxy: proxy.Proxy
    impatient: service.Service

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        cls.glance_proxy = cls.start(proxy.Proxy(cls.glance_server.url))
        cls.api = cls.new_service(
            'file', cls.options(
                cls.glance_server.url, lock_timeout=LOCK_TIMEOUT))
        cls.locks = f'file://{cls.stack.directory}/{uuid.uuid4()}'
        cls.impatient = cls.new_service('impatient', cls.options(
            cls.glance_proxy.url, backend_url=cls.locks,
            lock_timeout=SHORT_LOCK_TIMEOUT))
        cls.start_all(cls.glance_server, cls.api, cls.impatient)

    def test_writes_of_one_image(self) -> None:
        self.check_writes([self.api.url])

    def test_lock_is_held_by_another_process(self) -> None:
        coordinator = coordination.get_coordinator(self.locks, b'test')
        coordinator.start()
        self.addCleanup(coordinator.stop)
        lock = coordinator.get_lock(servers.lock_name(self.image_id))
        with lock:
            self.glance_proxy.forget()
            for method, path, body in (
                    ('POST', self.path, {'metadata': {'k': 'v'}}),
                    ('PUT', self.path, {'metadata': {'k': 'v'}}),
                    ('DELETE', f'{self.path}/k', None)):
                with self.case(method, path):
                    self.assertFault(
                        self.request(
                            self.impatient.url, method, path, json=body),
                        serviceUnavailable=503)
            self.assertEqual([], self.glance_proxy.asked)
            self.assertRejected(self.impatient.url)
        self.assertEqual(
            200, self.put(self.impatient.url, 'k', 'v').status_code)


class MemcachedLockTest(ConcurrencyTestCase):
    """Two hosts: services that share no directory.

    :cvar locks: the URL of the lock server
    :cvar impatient: a service that times out waiting for a lock soon
    """

    lock_server: process.Server
    locks: str
    services: list[service.Service]
    impatient: service.Service

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        cls.lock_server, cls.locks = cls.new_lock_server()
        cls.start(cls.lock_server)
        cls.services = [
            cls.new_service(name, cls.options(
                cls.glance_server.url, backend_url=cls.locks,
                lock_timeout=LOCK_TIMEOUT))
            for name in ('one', 'other')]
        cls.impatient = cls.new_service('impatient', cls.options(
            cls.glance_server.url, backend_url=cls.locks,
            lock_timeout=SHORT_LOCK_TIMEOUT))
        cls.start_all(cls.glance_server, cls.impatient, *cls.services)

    @classmethod
    def new_lock_server(cls) -> tuple[process.Server, str]:
        """Return the lock server, and its URL for tooz."""
        port = process.free_port()
        return (
            memcached.server(cls.account, cls.stack, port, cls.__name__),
            f'memcached://{process.HOST}:{port}')

    def test_writes_of_one_image(self) -> None:
        self.check_writes([each.url for each in self.services])

    def test_server_is_killed(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.lock_server.kill()
        self.addCleanup(self.lock_server.start)
        self.assertRejected(self.impatient.url, REJECTED)
        self.lock_server.start()
        self.assertWorksAgain()

    def test_server_hangs(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.lock_server.suspend()
        self.addCleanup(self.lock_server.resume)
        self.assertRejected(self.impatient.url, REJECTED)
        for count in threads_of(self.impatient):
            with self.case('threads', count):
                self.assertLess(count, MOST_THREADS)
        self.lock_server.resume()
        self.assertWorksAgain()

    def assertWorksAgain(self) -> None:
        """Check that writes soon succeed in all processes."""
        servers.wait_until(
            lambda: all(
                self.put(self.impatient.url, f'client-{number}', 'x').ok
                for number in range(CLIENTS)), RECOVERY)
        self.assertEqual(CLIENTS + 1, len(self.found()))


class EtcdLockTest(MemcachedLockTest):

    @classmethod
    def new_lock_server(cls) -> tuple[process.Server, str]:
        port = process.free_port()
        return (
            etcd.server(cls.account, cls.stack, port, cls.__name__),
            f'etcd3+http://{process.HOST}:{port}')


class RedisLockTest(MemcachedLockTest):
    """Also loses the locks of a service that tests freeze and kill.

    :cvar glance_proxy: the proxy before the Glance of ``doomed``
    """

    glance_proxy: proxy.Proxy
    doomed: service.Service

    @classmethod
    def new_lock_server(cls) -> tuple[process.Server, str]:
        server = cls.new_redis()
        return server, server.url

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        cls.glance_proxy = cls.start(proxy.Proxy(cls.glance_server.url))
        cls.doomed = cls.start(cls.new_service('doomed', cls.options(
            cls.glance_proxy.url, backend_url=cls.locks,
            lock_timeout=LOCK_TIMEOUT)))

    def test_lock_is_lost_while_it_is_held(self) -> None:
        other = coordination.get_coordinator(self.locks, b'test')
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
        """Check what happens if a lock is lost between the calls to Glance.

        :param lose: makes the service lose its lock
        """
        def answer_and_lose(exchange: proxy.Exchange) -> None:
            answer = exchange.pass_on()
            lose()
            exchange.answer(answer)

        self.glance_proxy.forget()
        self.glance_proxy.fail(
            answer_and_lose, method='GET', path=self.image_id, times=1)
        self.addCleanup(self.glance_proxy.heal)
        self.assertFault(self.put(self.doomed.url, 'client-a', 'lost'),
                         serviceUnavailable=503)
        self.assertEqual(0, self.glance_proxy.count('PATCH'))
        self.assertEqual({}, self.found())
        self.assertEqual(
            200, self.put(self.doomed.url, 'client-a', 'x').status_code)

    def test_service_is_killed_while_it_holds_a_lock(self) -> None:
        asked = threading.Event()

        def hang(exchange: proxy.Exchange) -> None:
            asked.set()
            exchange.wait()

        self.glance_proxy.fail(hang, method='PATCH')
        self.addCleanup(self.glance_proxy.heal)
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


def threads_of(server: service.Service) -> list[int]:
    """Return the number of threads of each process of a service."""
    counts = []
    for entry in pathlib.Path('/proc').glob('[0-9]*'):
        try:
            if server.config.encode() in (entry / 'environ').read_bytes():
                counts.append(len(list((entry / 'task').iterdir())))
        except OSError:
            # The process has ended, or belongs to another user.
            continue
    assert counts, f'No process has {server.config}'
    return counts
