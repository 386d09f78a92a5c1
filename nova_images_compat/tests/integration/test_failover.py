# SPDX-License-Identifier: Apache-2.0

"""Some servers of Glance fail, and recover, while the service runs."""

import contextlib

from nova_images_compat.image.glance import endpoints
from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests.integration import traffic

TIMEOUT = 2.0
ROUNDS = 10

# Keys of one writer: fewer than the quota of Glance allows.
PROPERTIES = 30


class ApiServersTest(servers.ServersTestCase):
    """A service with two servers of Glance, each behind a proxy."""

    one: proxy.Proxy
    other: proxy.Proxy
    api: service.Service

    @classmethod
    def start_servers(cls) -> None:
        cls.one = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.other = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.api = cls.start(cls.new_service('two', {
            'glance': {
                'api_servers': f'{cls.one.url},{cls.other.url}',
                'timeout': TIMEOUT, 'num_retries': 2}}))

    def setUp(self) -> None:
        super().setUp()
        [self.image_id] = self.create_apart(1)
        self.path = f'/v2.1/images/{self.image_id}'
        self.addCleanup(self.one.heal)
        self.addCleanup(self.other.heal)

    def test_one_refuses_and_comes_back(self) -> None:
        self.one.refuse()
        self.assertServed(self.other)
        self.one.heal()
        self.other.refuse()
        self.assertServed(self.one)
        self.other.heal()
        self.one.forget()
        self.other.forget()
        statuses = []

        def both_are_asked() -> bool:
            statuses.append(self.show_image())
            return bool(self.one.count() and self.other.count())

        servers.wait_until(both_are_asked, endpoints.FAILED_SERVER_TIME + 10)
        self.assertEqual({200}, set(statuses))

    def test_one_hangs(self) -> None:
        self.one.fail(faults.hang)
        self.assertServed(self.other)

    def test_one_is_busy(self) -> None:
        """Reads are sent to the other server."""
        self.one.fail(faults.answer(503))
        self.assertEqual(
            [200] * ROUNDS, [self.show_image() for _ in range(ROUNDS)])

    def test_both_refuse(self) -> None:
        self.one.refuse()
        self.other.refuse()
        self.assertFault(
            self.request(self.api.url, 'GET', self.path),
            serviceUnavailable=503)

    def show_image(self) -> int:
        """Send a GET request for the image, and return the status."""
        return self.request(self.api.url, 'GET', self.path).status_code

    def assertServed(self, server: proxy.Proxy) -> None:
        """Check that all requests succeed with one server."""
        for other in (self.one, self.other):
            other.forget()
        statuses = []
        for number in range(ROUNDS):
            statuses += [
                self.request(self.api.url, *request).status_code
                for request in (
                    ('GET', self.path), ('GET', '/v2.1/images'),
                    ('GET', f'{self.path}/metadata'))]
            statuses.append(self.request(
                self.api.url, 'PUT', f'{self.path}/metadata/k',
                json={'meta': {'k': str(number)}}).status_code)
        self.assertEqual([200] * len(statuses), statuses)
        self.assertEqual(
            str(ROUNDS - 1), self.glance.show(self.image_id)['k'])
        self.assertGreaterEqual(server.count(), 4 * ROUNDS)


class RestartTest(servers.ServersTestCase):
    """A Glance that stops and starts again, behind a proxy."""

    server: uwsgi.Server
    glance_proxy: proxy.Proxy
    api: service.Service

    @classmethod
    def start_servers(cls) -> None:
        cls.server = cls.new_glance('restarted')
        cls.glance_proxy = cls.start(proxy.Proxy(cls.server.url))
        cls.api = cls.new_service('restarted', {
            'glance': {
                'endpoint_override': cls.glance_proxy.url, 'timeout': 5,
                'num_retries': 2}})
        cls.start_all(cls.server, cls.api)

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance_proxy.heal)
        self.image_ids = self.create_apart(2)

    def test_restarted_under_load(self) -> None:
        with self.load() as outcomes:
            self.server.restart()
        self.check(outcomes)

    def test_crashed_under_load(self) -> None:
        with self.load() as outcomes:
            self.server.kill()
            self.server.start()
        self.check(outcomes)

    def test_suspended_under_load(self) -> None:
        with self.load(writers=3) as outcomes:
            self.server.suspend()
            seen = len(outcomes)
            servers.wait_until(lambda: len(outcomes) >= seen + 4, 30)
            self.server.resume()
        self.check(outcomes)

    def test_cut_under_load(self) -> None:
        for fault in (faults.cut_early, faults.cut_after, faults.cut_in_body):
            with self.case(fault.__name__):
                with self.load(writers=4) as outcomes:
                    self.glance_proxy.fail(fault, method='PATCH', every=3)
                    servers.wait_until(lambda: len(outcomes) > 80, 30)
                    self.glance_proxy.heal()
                self.check(outcomes)

    def load(
        self, writers: int = 2,
    ) -> contextlib.AbstractContextManager[list[traffic.Outcome]]:
        """Let writers, and a reader, use each image.

        :param writers: the number of writers of each image
        :returns: as ``traffic.run``
        """
        url = self.api.url
        return traffic.run([
            sender for image_id in self.image_ids for sender in (
                traffic.reader(self.request, url, image_id),
                *(traffic.writer(
                    self.request, url, image_id, f'w{number}', PROPERTIES)
                  for number in range(writers)))])

    def check(self, outcomes: list[traffic.Outcome]) -> None:
        """Check that requests succeeded or failed as specified.

        No write that succeeded may be lost.
        """
        for outcome in outcomes:
            with self.case(outcome.number, outcome.response):
                if not outcome.response.ok:
                    self.assertFault(
                        outcome.response, serviceUnavailable=503,
                        computeFault=502)
        self.assertEqual({}, traffic.lost(outcomes, {
            image_id: self.glance.show(image_id)
            for image_id in self.image_ids}))
        self.assertEqual(set(self.image_ids), {
            outcome.image_id for outcome in outcomes
            if outcome.response.ok and outcome.key})
