# SPDX-License-Identifier: Apache-2.0

"""The service under uWSGI with the samples: reload, stop and start.

It is reloaded and stopped under load, by the commands and signals of the
sample unit file.
"""

import collections
from collections.abc import Callable
from collections.abc import Sequence
from concurrent import futures
import http.client
import re
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
# Connections that wait when the service stops, besides those in progress.
WAITING = 60

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
        self.errors: list[str] = []
        self.enough = threading.Event()

    def load(
        self, urls: Sequence[str], action: Callable[[], None],
        again: bool = True,
    ) -> None:
        """Let all clients send requests during an action.

        :param urls: root URLs of the service, of which each client uses one
        :param action: is called while the clients send requests
        :param again: whether each client sends requests until the action has
            ended, or only one
        """
        if not again:
            self.enough.set()
        with futures.ThreadPoolExecutor(CLIENTS) as pool:
            clients = [
                pool.submit(self.be_client, urls[number % len(urls)], number)
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
            self.errors.append(f'{url} {error}')
            return REFUSED if 'refused' in str(error) else RESET

    def assertAllSucceeded(self) -> None:
        self.assertEqual(
            {200}, set(self.outcomes), f'{self.outcomes} {self.errors}')

    def queue_requests(
        self, service: sample.SampleService,
    ) -> list[http.client.HTTPConnection]:
        """Send more requests than the service has threads.

        :returns: the connections; all threads are busy, and all connections
            without a thread are in the queue of the socket
        """
        connections = []
        for number in range(WAITING + servers.THREADS):
            connection = http.client.HTTPConnection(
                service.address, timeout=PATIENCE)
            self.addCleanup(connection.close)
            connection.request(
                'GET', f'/v2.1/images/{self.image_ids[number % WRITERS]}',
                headers={'X-Auth-Token': self.token('member')})
            connections.append(connection)
        self.wait_for_requests(servers.THREADS)
        return connections

    def wait_for_log(
        self, service: sample.SampleService, message: str, count: int = 1,
    ) -> None:
        servers.wait_until(
            lambda: service.log().count(message) >= count, PATIENCE)

    def wait_for_requests(self, count: int) -> None:
        """Wait until Glance has received some requests."""
        servers.wait_until(
            lambda: len(self.glance_proxy.asked) >= count, PATIENCE)


class ReloadTest(ReloadTestCase):

    def test_reload(self) -> None:
        """Clients of the service and of each web server lose no request."""
        service = self.useFixture(self.new_sample('reload'))
        web_servers = [
            kind(self.account, self.stack,
                 f'{type(self).__name__}-{kind.__name__}', service.address)
            for kind in (frontends.Nginx, frontends.HAProxy, frontends.Apache)]
        for web_server in web_servers:
            self.useFixture(web_server)

        def reload() -> None:
            self.wait_for_requests(SOME)
            service.configure({'api': {'max_limit': 3}})
            service.reload()
            self.wait_for_log(service, sample.RELOADED)
            self.glance_proxy.forget()
            self.wait_for_requests(SOME)

        self.load(
            [service.url, *(server.url for server in web_servers)], reload)
        self.assertAllSucceeded()
        self.assertGreaterEqual(self.outcomes[200], CLIENTS)
        self.assertEqual(
            2 * sample.WORKERS, service.log().count(sample.READY))
        page = self.request(
            service.url, 'GET', '/v2.1/images?limit=10').json()
        self.assertEqual(3, len(page['images']))
        # Without load, too.
        service.reload()
        self.wait_for_log(service, sample.RELOADED, 2)
        self.assertEqual(200, self.ask(service.url, CLIENTS))

    def test_bad_configuration(self) -> None:
        """The running workers stay as they are."""
        service = self.useFixture(self.new_sample('bad'))
        service.configure({'api': {'image_store': 'nonsense'}})
        self.assertRaises(errors.ProcessFailed, service.reload)
        self.assertIn(
            'nova-images-compat: [api] image_store: ', service.log())
        self.assertNotIn(sample.RELOADING, service.log())
        self.assertEqual(200, self.ask(service.url, CLIENTS))
        service.configure({})
        service.reload()
        self.wait_for_log(service, sample.RELOADED)


class StopTest(ReloadTestCase):

    def test_stop(self) -> None:
        """All requests that the socket has when it stops are answered."""
        service = self.useFixture(self.new_sample('stop'))
        connections = self.queue_requests(service)
        service.stop()
        self.assertAllAnswered(service, connections)

    def test_stop_of_an_idle_service(self) -> None:
        service = self.useFixture(self.new_sample('idle'))
        service.stop()
        self.wait_for_log(service, sample.ENDED)

    def test_stop_during_reload(self) -> None:
        service = self.useFixture(self.new_sample('reload'))
        connections = self.queue_requests(service)
        service.reload()
        self.wait_for_log(service, sample.RELOADING)
        service.stop()
        self.assertAllAnswered(service, connections)

    def assertAllAnswered(
        self, service: sample.SampleService,
        connections: Sequence[http.client.HTTPConnection],
    ) -> None:
        statuses = collections.Counter(
            connection.getresponse().status for connection in connections)
        self.assertEqual({200: len(connections)}, statuses)
        self.wait_for_log(service, sample.ENDED)
        self.assertIn(sample.STOPPING, service.log())
        self.assertEqual(REFUSED, self.ask(service.url, CLIENTS))

    def test_stop_under_load(self) -> None:
        """Requests that are not answered have no effect."""
        service = self.useFixture(self.new_sample('load'))

        def stop() -> None:
            self.wait_for_requests(SOME)
            service.stop()
            self.wait_for_log(service, sample.ENDED)

        self.load([service.url], stop, again=False)
        self.assertLessEqual(
            set(self.outcomes), {200, REFUSED, RESET}, str(self.outcomes))
        # Each read is one GET request to Glance; each write begins with one.
        self.assertEqual(
            self.glance_proxy.count('GET', '/v2/images/'), self.outcomes[200])

    def test_stop_of_one_of_two(self) -> None:
        """The proxy sends unanswered requests to the other service."""
        services = [
            self.useFixture(self.new_sample(name)) for name in ('one', 'two')]
        haproxy = self.useFixture(frontends.HAProxy(
            self.account, self.stack, f'{type(self).__name__}-haproxy',
            *(service.address for service in services)))

        def stop() -> None:
            self.wait_for_requests(SOME)
            services[0].stop()
            self.wait_for_log(services[0], sample.ENDED)
            self.glance_proxy.forget()
            self.wait_for_requests(SOME)

        self.load([haproxy.url], stop)
        self.assertAllSucceeded()


class StartTest(servers.ServersTestCase):

    def test_bad_configuration(self) -> None:
        service = sample.SampleService(
            self.account, self.stack, type(self).__name__,
            {'api': {'image_store': 'nonsense'}})
        self.assertRaises(errors.ProcessFailed, service.check)
        self.assertNotIn(sample.READY, service.log())
        # uWSGI alone does not start, either.
        self.addCleanup(service.server.stop)
        failure = self.assertRaises(
            errors.ProcessFailed, service.server.start)
        self.assertIn(f'ended with status {NO_APPLICATION}', str(failure))
        reasons = set(re.findall(
            r'nova-images-compat: \[api\] image_store: .*', service.log()))
        self.assertEqual(1, len(reasons), str(reasons))
