# SPDX-License-Identifier: Apache-2.0

"""Real clients see no difference between our service and Nova."""

import json
import pathlib
import re
from typing import Any

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration.stack import description

SCRIPTS = pathlib.Path(__file__).parent / 'clients'

IMAGES = (
    {'as': 'first', 'name': 'one', 'os_type': 'linux', 'old': '1',
     'min_ram': 64, 'min_disk': 1},
    {'as': 'second', 'name': 'two', 'data': None, 'old': '1'},
    {'as': 'third', 'name': 'three', 'data': 'abc',
     'visibility': 'private'},
)

_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
# Nova doubles a slash in its links to the Image service.
_DOUBLE_SLASH = re.compile(r'(?<!:)//')


class ClientsTest(base.IntegrationTestCase):

    def test_openstacksdk(self) -> None:
        self.compare('clients', 'openstacksdk_images.py')

    def test_novaclient(self) -> None:
        self.compare('novaclient', 'novaclient_images.py')

    def compare(self, venv: str, script: str) -> None:
        """Run a script on both services, with equal images.

        :param venv: the virtual environment of the client
        :param script: the name of the script
        """
        nova, nova_images = self.run_client(
            venv, script, self.stack.nova_url)
        ours, our_images = self.run_client(
            venv, script, self.stack.service_url)
        for name, outcome in nova.items():
            with self.case(name):
                self.assertEqual(outcome, ours[name], name)
        self.assertEqual(nova.keys(), ours.keys())
        self.assertEqual(
            ['shared', 'shared'],
            [image.pop('visibility') for image in our_images])
        for image in nova_images:
            # Nova makes a shared image private when it writes its metadata.
            image.pop('visibility')
        self.assertEqual(nova_images, our_images)
        self.assertEqual(
            {'one': '2', 'two': None if venv == 'clients' else '1'},
            {image['name']: image.get('old') for image in our_images})

    def run_client(
        self, venv: str, script: str, url: str,
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a script.

        :param url: the root URL of the service
        :returns: what the client received, and the images in Glance
        """
        self.glance.delete_all()
        ids = self.glance.create_all(IMAGES)
        member = self.stack.users['member']
        given = {
            'auth': {
                'auth_url': self.stack.auth_url,
                'username': member.name,
                'password': member.password,
                'user_domain_id': 'default',
                'project_name': member.project,
                'project_domain_id': 'default'},
            'region': description.REGION,
            'endpoint': f'{url}/v2.1/{member.project_id}',
            'ids': list(ids.values()),
            'names': [image['name'] for image in IMAGES],
        }
        outcomes = self.run_script(
            self.stack.program(venv, 'python'), SCRIPTS / script, given)
        places = {
            **{image_id: alias for alias, image_id in ids.items()},
            url: '{compute}'}
        return (
            self.normalise(outcomes, places),
            self.normalise(
                sorted(
                    self.glance.find_all(), key=lambda image: image['name']),
                places))

    @staticmethod
    def normalise(value: Any, places: dict[str, str]) -> Any:
        """Return a document with aliases instead of what may differ.

        :param places: the aliases, by the texts that they replace
        """
        text = json.dumps(value)
        for found, alias in places.items():
            text = text.replace(found, alias)
        return json.loads(
            _DOUBLE_SLASH.sub('/', _TIME.sub('{time}', text)))
