# SPDX-License-Identifier: Apache-2.0

"""The service under uWSGI with the sample: reload, stop and start.

It is reloaded and stopped under load.
"""

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
# The number of clients that write; the others read.
WRITERS = 20
# Delay of each response of Glance, which keeps the load of the machine low.
SECONDS = 0.15
PATIENCE = 60
# Requests before and after something happens.
SOME = 40

# The exit status of uWSGI without an application.
NO_APPLICATION = 22

REFUSED = 'refused'
RESET = 'reset'

Outcomes = collections.Counter[int | str]


class ReloadTestCase(servers.ServersTestCase):
    """A service with a slow Glance, and many clients.

    :cvar glance_proxy: delays each response of Glance
    """

    glance_proxy: proxy.Proxy

    @classmethod
    def start_servers(cls) -> None:
        cls.glance_proxy = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.glance_proxy.fail(faults.delay(SECONDS))

    @classmethod
    def new_sample(cls, name: str) -> sample.SampleService:
        return sample.SampleService(
            cls.account, cls.stack, f'{cls.__name__}-{name}',
            {'glance': {'endpoint_override': cls.glance_proxy.url}})

    def setUp(self) -> None:
        super().setUp()
        self.glance_proxy.forget()
        self.image_ids = self.create_apart(WRITERS)
        self.token('member')
        self.outcomes: Outcomes = collections.Counter()
        self.enough = threading.Event()

    def load(
        self, url: str, action: Callable[[], None], again: bool = True,
    ) -> None:
        """Let all clients send requests during an action.

        :param url: the root URL of the service
        :param action: is called while the clients send requests
        :param again: whether each client sends requests until the action has
            ended, or only one
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

    def signal_under_load(
        self, service: sample.SampleService, number: int, message: str,
    ) -> None:
        """Send a signal after some requests, and wait for a log message."""
        self.wait_for_requests(SOME)
        service.signal(number)
        servers.wait_until(lambda: message in service.log(), PATIENCE)

    def wait_for_requests(self, count: int) -> None:
        """Wait until Glance has received some requests."""
        servers.wait_until(
            lambda: len(self.glance_proxy.asked) >= count, PATIENCE)


class ReloadTest(ReloadTestCase):

    def test_reload(self) -> None:
        service = self.useFixture(self.new_sample('reload'))

        def reload() -> None:
            self.signal_under_load(service, signal.SIGHUP, sample.RELOADED)
            self.glance_proxy.forget()
            self.wait_for_requests(SOME)

        self.load(service.url, reload)
        self.assertEqual({200}, set(self.outcomes), str(self.outcomes))
        self.assertGreaterEqual(self.outcomes[200], CLIENTS)
        # Without load, too.
        service.signal(signal.SIGHUP)
        servers.wait_until(
            lambda: service.log().count(sample.RELOADED) == 2, PATIENCE)
        self.assertEqual(200, self.ask(service.url, CLIENTS))


class StopTest(ReloadTestCase):

    def test_stop(self) -> None:
        """Requests that were read are answered; others have no effect."""
        service = self.useFixture(self.new_sample('stop'))

        def stop() -> None:
            self.signal_under_load(service, signal.SIGTERM, sample.ENDED)

        self.load(service.url, stop, again=False)
        self.assertLessEqual(
            set(self.outcomes), {200, REFUSED, RESET}, str(self.outcomes))
        # Each read is one GET request to Glance; each write begins with one.
        self.assertEqual(
            self.glance_proxy.count('GET', '/v2/images/'), self.outcomes[200])
        self.assertEqual(REFUSED, self.ask(service.url, CLIENTS))

    def test_stop_of_one_of_two(self) -> None:
        """The proxy sends unanswered requests to the other service."""
        services = [
            self.useFixture(self.new_sample(name)) for name in ('one', 'two')]
        haproxy = self.useFixture(frontends.HAProxy(
            self.account, self.stack, f'{type(self).__name__}-haproxy',
            *(service.address for service in services)))

        def stop() -> None:
            self.signal_under_load(services[0], signal.SIGTERM, sample.ENDED)
            self.glance_proxy.forget()
            self.wait_for_requests(SOME)

        self.load(haproxy.url, stop)
        self.assertEqual({200}, set(self.outcomes), str(self.outcomes))


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
        self.assertEqual(1, len(reasons), str(reasons))
