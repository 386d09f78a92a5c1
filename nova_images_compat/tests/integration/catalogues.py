# SPDX-License-Identifier: Apache-2.0

"""Base class of tests of the embedded catalogue on servers that fail."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent import futures
import contextlib
import itertools
import os
import subprocess
import threading
from typing import Any
from typing import NamedTuple

import requests

from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import service

# Keys of one writer; their sum for an image is less than the quota.
KEYS = 20

LOG_LINE = 'The database of the catalogue is not available'


class Outcome(NamedTuple):
    """The outcome of one of many requests.

    :ivar key: the key of the metadata item that it wrote; empty: none
    :ivar number: the value that it wrote, higher than any earlier one
    """

    image_id: str
    key: str
    number: int
    response: requests.Response


class CatalogueTestCase(servers.ServersTestCase):
    """Services with a catalogue."""

    @classmethod
    def new_catalogue(
        cls, name: str, url: str, **database: Any,
    ) -> service.Service:
        """Return a service whose images are in a database.

        :param name: a name that is unique in the class
        :param url: of the database, in which ``sync`` has created the tables
        :param database: further options of ``[database]``
        """
        return cls.new_service(name, {
            'api': {'image_store': 'catalog'},
            'database': {'connection': url, **database}})

    @classmethod
    def sync(cls, url: str) -> None:
        """Create the tables."""
        path = os.path.join(cls.stack.directory, f'{cls.__name__}-sync.conf')
        cls.manage(configuration.write(
            path, {'database': {'connection': url}}), 'db', 'sync')

    @classmethod
    def manage(cls, config: str, *arguments: str) -> str:
        """Run nova-images-compat-manage, and return what it prints.

        :param config: the path of a configuration file
        :raises: AssertionError: it fails
        """
        ran = subprocess.run(
            [os.path.join(cls.stack.scripts, 'nova-images-compat-manage'),
             '--config-file', config, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def create(self, api: service.Service) -> str:
        """Create an image of "member", and return its id."""
        return self.manage(
            api.config, 'image', 'create', '--project',
            self.stack.users['member'].project_id, 'cirros')

    def put(
        self, api: service.Service, image_id: str, key: str, value: str,
    ) -> requests.Response:
        return self.request(
            api.url, 'PUT', f'/v2.1/images/{image_id}/metadata/{key}',
            json={'meta': {key: value}})

    def metadata(self, api: service.Service, image_id: str) -> dict[str, str]:
        """Return the metadata of an image, as a service shows it."""
        response = self.request(
            api.url, 'GET', f'/v2.1/images/{image_id}/metadata')
        self.assertEqual(200, response.status_code, response.text)
        found: dict[str, str] = response.json()['metadata']
        return found

    @contextlib.contextmanager
    def load(
        self, apis: Sequence[service.Service], image_ids: Sequence[str],
    ) -> Iterator[list[Outcome]]:
        """Let a writer of each image, and a reader, use each service.

        At the end, each of them goes on until one more of its requests has
        succeeded.

        :returns: the outcomes, to which the threads append
        """
        outcomes: list[Outcome] = []
        ended = threading.Event()

        def go_on(send: Callable[[int], Outcome]) -> None:
            for number in itertools.count():
                is_last = ended.is_set()
                outcome = send(number)
                outcomes.append(outcome)
                if outcome.response.ok and is_last:
                    return

        def write(place: int, image_id: str) -> None:
            def send(number: int) -> Outcome:
                key = f'w{place}-{number % KEYS}'
                return Outcome(image_id, key, number, self.put(
                    apis[place], image_id, key, str(number)))

            go_on(send)

        def read(place: int, image_id: str) -> None:
            go_on(lambda number: Outcome(image_id, '', number, self.request(
                apis[place].url, 'GET', f'/v2.1/images/{image_id}')))

        with futures.ThreadPoolExecutor(16) as pool:
            running = [
                pool.submit(function, place, image_id)
                for place in range(len(apis)) for image_id in image_ids
                for function in (write, read)]
            try:
                servers.wait_until(lambda: len(outcomes) > 20, 30)
                yield outcomes
            finally:
                ended.set()
                for each in running:
                    each.result()

    def check(
        self, outcomes: Sequence[Outcome], reader: service.Service,
    ) -> int:
        """Check that each request succeeded or got a fault in JSON, and that
        no acknowledged write is lost.

        :param reader: the service that shows what is stored
        :returns: how many requests got a fault
        """
        failed = [each for each in outcomes if not each.response.ok]
        for outcome in failed:
            with self.case(outcome.number, outcome.response):
                self.assertFault(outcome.response, serviceUnavailable=503)
        acknowledged = {
            (outcome.image_id, outcome.key): outcome.number
            for outcome in outcomes if outcome.response.ok and outcome.key}
        found = {
            image_id: self.metadata(reader, image_id)
            for image_id in {each.image_id for each in outcomes}}
        lost = {
            (image_id, key): (number, found[image_id].get(key))
            for (image_id, key), number in acknowledged.items()
            if int(found[image_id].get(key, -1)) < number}
        self.assertEqual({}, lost)
        return len(failed)

    def assertLogged(self, api: service.Service, requests_failed: int) -> None:
        """Check that each failed request logged one line, with its ID."""
        with open(api.server.log, errors='replace') as file:
            lines = [line for line in file if LOG_LINE in line]
        self.assertLessEqual(requests_failed, len(lines))
        for line in lines:
            with self.case(line):
                self.assertRegex(line, r'\[.*req-[0-9a-f-]{36}')
                self.assertNotIn('[SQL', line)
