# SPDX-License-Identifier: Apache-2.0

"""Concurrent writers of one image, in the processes of a real Nova."""

import collections
from collections.abc import Callable
from concurrent import futures
import functools
import threading

import requests

from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests.integration import test_filter

WRITES = 24
WRITERS = 8
ROUNDS = 2

# Requests until each process has served each kind once. They are sent one by
# one: a Nova with several threads that eventlet has patched may hang when its
# first requests come together, even without the filter.
WARMING = 16

# Requests for Nova itself, sent at the same time.
OTHERS = ('/flavors', '/limits', '/servers')

Statuses = collections.Counter[str]


class WritersTestCase(servers.ServersTestCase):
    """Writers of one image, and readers of other resources of Nova.

    :cvar threads: the number of threads of each process of Nova
    :cvar nova_server: a Nova with the filter
    """

    threads: int
    nova_server: uwsgi.Server

    @classmethod
    def start_servers(cls) -> None:
        cls.nova_server = cls.start(nova.server(
            cls.account, cls.stack, cls.__name__, nova.add_filter(
                cls.stack, test_filter.filter_options(cls.stack)),
            threads=cls.threads))

    def setUp(self) -> None:
        super().setUp()
        image_id = self.glance.create()
        for number in range(WARMING):
            with self.case('warming', number):
                self.assertEqual('200', self.write(image_id, f'key-{number}'))
                self.assertEqual({'200'}, set(self.read_others()))

    def assertNothingIsLost(self) -> None:
        for number in range(ROUNDS):
            with self.case('round', number):
                self.assertRoundWorks()

    def assertRoundWorks(self) -> None:
        image_id = self.glance.create()
        wanted = {f'key-{number}': 'x' for number in range(WRITES)}
        done = threading.Event()
        with futures.ThreadPoolExecutor(1) as reader:
            reading = reader.submit(self.read_others_until, done)
            try:
                with futures.ThreadPoolExecutor(WRITERS) as writers:
                    written = Statuses(writers.map(
                        lambda key: self.write(image_id, key), wanted))
            finally:
                done.set()
            read = reading.result()
        image = self.glance.show(image_id)
        kept = {key: image[key] for key in wanted if key in image}
        outcome = f'{written} written, {len(kept)} kept, {read} read'
        self.assertEqual({'200': WRITES}, written, outcome)
        self.assertEqual(wanted, kept, outcome)
        self.assertEqual({'200'}, set(read), outcome)
        self.assertGreaterEqual(read['200'], len(OTHERS), outcome)

    def write(self, image_id: str, key: str) -> str:
        return status(lambda: self.request(
            self.nova_server.url, 'PUT',
            f'/v2.1/images/{image_id}/metadata/{key}',
            json={'meta': {key: 'x'}}, timeout=servers.TIMEOUT))

    def read_others_until(self, done: threading.Event) -> Statuses:
        statuses = self.read_others()
        while not done.is_set():
            statuses += self.read_others()
        return statuses

    def read_others(self) -> Statuses:
        """Send the requests for Nova itself, one after the other."""
        return Statuses(
            status(functools.partial(
                self.request, self.nova_server.url, 'GET', f'/v2.1{path}',
                timeout=servers.TIMEOUT))
            for path in OTHERS)


def status(send: Callable[[], requests.Response]) -> str:
    """Return the status of a response, or why there is none."""
    try:
        return str(send().status_code)
    except requests.RequestException as error:
        return type(error).__name__


class OneThreadTest(WritersTestCase):

    threads = 1

    def test_nothing_is_lost(self) -> None:
        self.assertNothingIsLost()


class FourThreadsTest(WritersTestCase):

    threads = 4

    def test_nothing_is_lost(self) -> None:
        self.assertNothingIsLost()
