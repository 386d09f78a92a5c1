# SPDX-License-Identifier: Apache-2.0

"""Under uWSGI, as the sample runs it, the service is reloaded and stopped
while many ask, and does not start with what it cannot use."""

import collections
from collections.abc import Callable
from concurrent import futures
import re
import signal
import threading

import requests

from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import sample

CLIENTS = 200
# Of these, so many write; the others read.
WRITERS = 20
# How long Glance takes for every answer: the machine is not to be busy.
SECONDS = 0.15
PATIENCE = 60
# Requests before and after something happens.
SOME = 40

# Of uWSGI, when there is no application.
NO_APPLICATION = 22

REFUSED = 'refused'
RESET = 'reset'

Outcomes = collections.Counter[int | str]


class ReloadTestCase(servers.ServersTestCase):

    @classmethod
    def start_servers(cls) -> None:
        cls.image = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.image.fail(faults.delay(SECONDS))

    @classmethod
    def new_sample(cls, name: str) -> sample.SampleService:
        return sample.SampleService(
            cls.account, cls.stack, f'{cls.__name__}-{name}',
            {'glance': {'endpoint_override': cls.image.url}})

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)
        self.image.forget()
        self.image_ids = self.create_apart(WRITERS)
        self.token('member')
        self.outcomes: Outcomes = collections.Counter()
        self.enough = threading.Event()

    def load(
        self, url: str, action: Callable[[], None], again: bool = True,
    ) -> None:
        """Let all clients ask, and do something meanwhile.

        :param again: whether they ask until it has been done
        """
        if not again:
            self.enough.set()
        with futures.ThreadPoolExecutor(CLIENTS) as pool:
            clients = [
                pool.submit(self.be_client, url, number)
                for number in range(CLIENTS)]
            try:
                action()
            finally:
                self.enough.set()
            for client in clients:
                client.result()

    def be_client(self, url: str, number: int) -> None:
        while True:
            self.outcomes[self.ask(url, number)] += 1
            if self.enough.is_set():
                return

    def ask(self, url: str, number: int) -> int | str:
        path = f'/v2.1/images/{self.image_ids[number % WRITERS]}'
        method, body = 'GET', None
        if number < WRITERS:
            method, path = 'PUT', f'{path}/metadata/key'
            body = {'meta': {'key': str(number)}}
        try:
            return self.request(
                url, method, path, json=body, timeout=PATIENCE).status_code
        except requests.ConnectionError as error:
            return REFUSED if 'refused' in str(error) else RESET

    def wait_for_requests(self, count: int) -> None:
        servers.wait_until(
            lambda: len(self.image.asked) >= count, PATIENCE)


class ReloadTest(ReloadTestCase):

    def test_reload(self) -> None:
        service = self.useFixture(self.new_sample('reload'))

        def reload() -> None:
            self.wait_for_requests(SOME)
            service.signal(signal.SIGHUP)
            servers.wait_until(
                lambda: sample.RELOADED in service.log(), PATIENCE)
            self.image.forget()
            self.wait_for_requests(SOME)

        self.load(service.url, reload)
        self.assertEqual({200}, set(self.outcomes), self.outcomes)
        self.assertGreaterEqual(self.outcomes[200], CLIENTS)
        # While nobody asks, too.
        service.signal(signal.SIGHUP)
        servers.wait_until(
            lambda: service.log().count(sample.RELOADED) == 2, PATIENCE)
        self.assertEqual(200, self.ask(service.url, CLIENTS))


class StopTest(ReloadTestCase):

    def test_stop(self) -> None:
        """What has been read is answered; what has not is not half done."""
        service = self.useFixture(self.new_sample('stop'))

        def stop() -> None:
            self.wait_for_requests(SOME)
            service.signal(signal.SIGTERM)
            servers.wait_until(
                lambda: sample.ENDED in service.log(), PATIENCE)

        self.load(service.url, stop, again=False)
        self.assertLessEqual(
            set(self.outcomes), {200, REFUSED, RESET}, self.outcomes)
        # A read is one call; a write begins with one.
        self.assertEqual(
            self.image.count('GET', '/v2/images/'), self.outcomes[200])
        self.assertEqual(REFUSED, self.ask(service.url, CLIENTS))

    def test_stop_of_one_of_two(self) -> None:
        """The proxy asks the other one what has not been answered."""
        services = [
            self.useFixture(self.new_sample(name)) for name in ('one', 'two')]
        haproxy = self.useFixture(frontends.HAProxy(
            self.account, self.stack, f'{type(self).__name__}-haproxy',
            *(service.address for service in services)))

        def stop() -> None:
            self.wait_for_requests(SOME)
            services[0].signal(signal.SIGTERM)
            servers.wait_until(
                lambda: sample.ENDED in services[0].log(), PATIENCE)
            self.image.forget()
            self.wait_for_requests(SOME)

        self.load(haproxy.url, stop)
        self.assertEqual({200}, set(self.outcomes), self.outcomes)


class StartTest(servers.ServersTestCase):

    def test_bad_configuration(self) -> None:
        service = sample.SampleService(
            self.account, self.stack, type(self).__name__,
            {'api': {'image_store': 'nonsense'}})
        self.addCleanup(service.server.stop)
        failure = self.assertRaises(
            errors.ProcessFailed, service.server.start)
        self.assertIn(f'ended with status {NO_APPLICATION}', str(failure))
        reasons = set(re.findall(
            r'nova-images-compat: \[api\] image_store: .*', service.log()))
        self.assertEqual(1, len(reasons), reasons)
