# SPDX-License-Identifier: Apache-2.0

"""The images API as a filter in the pipelines of a real Nova."""

from collections.abc import Mapping
import json
import os
from typing import Any
import uuid

import requests

from nova_images_compat.tests.integration import contracts
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import uwsgi

WITHOUT_IMAGES = (
    'nova_images_compat.tests.integration.nova_process.without_images'
    ':application')

# Deviations of the service that the filter does not have, because Nova answers
# such requests.
NOVAS = {
    'D6': 'requests without a route are passed on to Nova: plain text',
    'D21': "too large bodies are rejected by Nova's own filter before us",
    'D33': 'requests without a route are passed on to Nova, whatever their '
           'microversion is',
    'D35': 'so are paths that are not UTF-8',
}

# Responses about Nova itself differ between releases: the newest microversion,
# and the documents of versions.
RECORDED_NEWEST = '2.104'
VERSION_DOCUMENTS = {'choices', 'version', 'versions'}

# With the default header, Nova answers in HTML; the contract has plain text.
NO_ACCEPT = {'Accept': None}

# Headers that differ between two responses to the same request.
CHANGING = (
    'date', 'x-openstack-request-id', 'x-compute-request-id',
    'content-length')


def filter_options(stack: description.Description) -> configuration.Options:
    """Return the options that the filter needs."""
    return {
        'DEFAULT': {'state_path': os.path.join(stack.directory, 'filter')},
        'glance': {
            'valid_interfaces': 'public',
            'region_name': description.REGION,
            'timeout': 10}}


def why_novas(step: Mapping[str, Any]) -> str | None:
    """Return why Nova itself responds to a step; None: it does not."""
    if step.get('deviation') in NOVAS:
        return step['deviation']
    document = step['expect'].get('json')
    if isinstance(document, dict) and document.keys() & VERSION_DOCUMENTS:
        return 'version documents'
    if RECORDED_NEWEST in json.dumps(step['expect']):
        return 'newest microversion'
    return None


def comparable(answer: requests.Response, url: str) -> tuple[Any, ...]:
    """Return the parts of a response that are the same for all Novas.

    :param url: the root URL of the Nova
    """
    headers = {
        name: value for name, value in answer.headers.lower_items()
        if name not in CHANGING}
    return answer.status_code, answer.text.replace(url, '{compute}'), headers


class FilterTestCase(servers.ServersTestCase):
    """Tests of a Nova that has the filter.

    :cvar nova_server: that Nova
    """

    nova_server: uwsgi.Server

    @classmethod
    def new_nova(
        cls, options: configuration.Options | None, module: str | None = None,
    ) -> uwsgi.Server:
        return nova.server(
            cls.account, cls.stack, cls.__name__,
            nova.add_filter(cls.stack, options), module)

    @classmethod
    def start_servers(cls) -> None:
        cls.nova_server = cls.start(cls.new_nova(filter_options(cls.stack)))

    def assertOurs(self) -> None:
        """Check that our filter responds to requests for images.

        Nova's own filter by properties would find no image (D3).
        """
        image_id = self.glance.create(os_type='linux')
        answer = self.request(
            self.nova_server.url, 'GET', '/v2.1/images?property-os_type=linux')
        self.assertEqual(
            [image_id], [image['id'] for image in answer.json()['images']])

    def assertSameAsNova(
        self, method: str, path: str, **kwargs: Any,
    ) -> requests.Response:
        """Check that this Nova and the stack's respond the same.

        :returns: the response of this Nova
        """
        ours = self.request(self.nova_server.url, method, path, **kwargs)
        theirs = self.request(self.stack.nova_url, method, path, **kwargs)
        self.assertEqual(
            comparable(theirs, self.stack.nova_url),
            comparable(ours, self.nova_server.url))
        return ours


class ContractTest(contracts.ContractTestCase, FilterTestCase):

    whose = 'filter'
    headers = NO_ACCEPT

    def test_scenario(self) -> None:
        self.assertContract(self.nova_server.url)

    def play(self, step: Mapping[str, Any]) -> list[str]:
        """Play a step to which either we or Nova respond."""
        why = why_novas(step)
        return self.play_novas(step, why) if why else super().play(step)

    def play_novas(self, step: Mapping[str, Any], why: str) -> list[str]:
        """Compare a response with that of a Nova without the filter.

        Only the status of the contract counts: it may have been recorded with
        another release.
        """
        self.tally.steps += 1
        self.tally.novas[why] += 1
        status = step.get('nova', step['expect'])['status']
        step = {**step, 'expect': {'status': status}}
        wrong = self.play_on(self.nova_server.url, step)
        ours = comparable(self.response, self.nova_server.url)
        self.play_on(self.stack.nova_url, step)
        theirs = comparable(self.response, self.stack.nova_url)
        if ours != theirs:
            wrong.append(f'{ours}, not {theirs}')
        return wrong


class OthersTest(FilterTestCase):
    """The filter does not change other responses of Nova."""

    def test_images_are_ours(self) -> None:
        self.assertOurs()

    def test_reads(self) -> None:
        for path in (
                '/servers', '/servers/detail', '/flavors', '/flavors/detail',
                '/os-keypairs', '/limits', '/servers/images',
                f'/servers/{uuid.uuid4()}', '/os-aggregates/1/images', '/',
                '/images/', '/imagesque', '/no-such-thing/images'):
            for prefix in ('/v2.1', '/v2.1/{project}', '/v2/{project}'):
                with self.case(prefix + path):
                    self.assertSameAsNova('GET', prefix + path)

    def test_servers(self) -> None:
        answer = self.assertSameAsNova('GET', '/v2.1/servers/detail')
        self.assertEqual({'servers': []}, answer.json())

    def test_versions(self) -> None:
        for version, path, status in (
                ('2.36', '/images', 404), ('2.96', '/images/detail', 404),
                ('latest', '/images', 404),
                ('2.39', '/images/x/metadata', 404),
                ('2.999', '/images', 406), ('3.0', '/images', 406),
                ('1.0', '/images', 406), ('many', '/images', 400),
                ('2.96', '/servers', 200), ('2.999', '/servers', 406)):
            with self.case(version, path):
                answer = self.assertSameAsNova(
                    'GET', f'/v2.1{path}',
                    headers={'OpenStack-API-Version': f'compute {version}'})
                self.assertEqual(status, answer.status_code)
        for path in ('/', '/v2.1', '/v2', '/v3'):
            with self.case(path):
                self.assertSameAsNova('GET', path, user=None)

    def test_bodies(self) -> None:
        """Nova can still read the bodies of its own requests."""
        name = f'images-{uuid.uuid4()}'
        made = self.request(
            self.nova_server.url, 'POST', '/v2.1/{project}/os-keypairs',
            json={'keypair': {'name': name}})
        self.assertEqual(200, made.status_code, made.text)
        self.assertEqual(name, made.json()['keypair']['name'])
        path = f'/v2.1/os-keypairs/{name}'
        self.assertSameAsNova('GET', path)
        gone = self.request(self.nova_server.url, 'DELETE', path)
        self.assertEqual(202, gone.status_code, gone.text)
        self.assertSameAsNova('GET', path)
        for path in ('/v2.1/images', '/v2.1/os-keypairs'):
            with self.case(path):
                self.assertSameAsNova('POST', path, body='{')
                self.assertSameAsNova('POST', path, json={'a': 'b' * 20000})

    def test_authentication(self) -> None:
        for user in (None, 'bad'):
            for path in ('/images', '/servers'):
                with self.case(user, path):
                    answer = self.assertSameAsNova(
                        'GET', f'/v2.1{path}', user=user)
                    self.assertEqual(401, answer.status_code)


class WithoutImagesTest(operations.OperationsTestCase, FilterTestCase):
    """A Nova without its own images API; nova.conf is the only file."""

    @classmethod
    def start_servers(cls) -> None:
        cls.nova_server = cls.start(cls.new_nova(None, WITHOUT_IMAGES))

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.nova_server.url)

    def test_legacy(self) -> None:
        image_id = self.glance.create()
        answer = self.request(
            self.nova_server.url, 'GET', '/v2/{project}/images',
            headers={'OpenStack-API-Version': 'compute 2.96'})
        self.assertEqual(
            [image_id], [image['id'] for image in answer.json()['images']])

    def test_nova_has_none(self) -> None:
        answer = self.request(
            self.nova_server.url, 'GET', '/v2.1/images',
            headers={'OpenStack-API-Version': 'compute 2.36'})
        self.assertEqual(404, answer.status_code)
        self.assertIn('<html>', answer.text)

    def test_others(self) -> None:
        for path in ('/servers', '/flavors', '/limits'):
            with self.case(path):
                self.assertSameAsNova('GET', f'/v2.1/{{project}}{path}')
