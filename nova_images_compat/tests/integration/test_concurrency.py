# SPDX-License-Identifier: Apache-2.0

"""Many clients change the metadata of one image, and nothing is lost."""

import collections
from collections.abc import Sequence
import time
import uuid

import requests
from tooz import coordination

from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import redis

CLIENTS = 8
WRITES = 24

# Every so manieth write of a client removes one of its own keys.
REMOVES_EVERY = 12

# Locks are not fair: a writer may be the last of all to get one.
LOCK_TIMEOUT = 60
SHORT_LOCK_TIMEOUT = 1
MARGIN = 2.0

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
        cls, url: str, **coordination: object,
    ) -> configuration.Options:
        return {
            'glance': {'endpoint_override': url},
            'quota': {'metadata_items': -1},
            'coordination': coordination}

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

    def assertRefused(self, url: str) -> None:
        """Check that writes are refused in time, and what goes on."""
        begun = time.monotonic()
        answers = servers.in_parallel(
            lambda number: self.put(url, 'client-refused', 'x'), range(4))
        self.assertLess(
            time.monotonic() - begun, SHORT_LOCK_TIMEOUT + MARGIN)
        for answer in answers:
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
        cls.start_all(cls.glance_server, cls.impatient, *cls.services)

    def test_writes_of_one_image(self) -> None:
        self.check_writes([service.url for service in self.services])

    def test_redis_is_stopped(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.redis.stop()
        self.addCleanup(self.redis.start)
        self.assertRefused(self.impatient.url)
        self.redis.start()
        self.assertWorksAgain()

    def test_redis_hangs(self) -> None:
        self.assertEqual(
            200, self.put(self.impatient.url, 'client-a', 'x').status_code)
        self.redis.suspend()
        self.assertRefused(self.impatient.url)
        self.redis.resume()
        self.assertWorksAgain()

    def assertWorksAgain(self) -> None:
        """Check that the next writes succeed."""
        for number in range(CLIENTS):
            answer = self.put(self.impatient.url, f'client-{number}', 'x')
            self.assertEqual(200, answer.status_code, answer.text)
        self.assertEqual(CLIENTS + 1, len(self.found()))
