# SPDX-License-Identifier: Apache-2.0

"""Base class of tests of the embedded catalogue on servers that fail."""

from collections.abc import Sequence
import contextlib
import os
import subprocess
from typing import Any

import requests

from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration import traffic

# Keys of one writer; their sum for an image is less than the quota.
KEYS = 20

LOG_LINE = 'The database of the catalogue is not available'


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

    def load(
        self, apis: Sequence[service.Service], image_ids: Sequence[str],
    ) -> contextlib.AbstractContextManager[list[traffic.Outcome]]:
        """Let a writer of each image, and a reader, use each service.

        :returns: as ``traffic.run``
        """
        return traffic.run([
            sender for number, api in enumerate(apis)
            for image_id in image_ids for sender in (
                traffic.writer(
                    self.request, api.url, image_id, f'w{number}', KEYS),
                traffic.reader(self.request, api.url, image_id))])

    def check(
        self, outcomes: Sequence[traffic.Outcome], reader: service.Service,
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
        self.assertEqual({}, traffic.lost(outcomes, {
            image_id: self.metadata(reader, image_id)
            for image_id in {each.image_id for each in outcomes}}))
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
