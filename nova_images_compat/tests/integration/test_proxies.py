# SPDX-License-Identifier: Apache-2.0

"""Real web servers, with the samples of ``etc``, as the compute endpoint.

They send image requests to our service, and all others to Nova.
"""

from typing import Any
from urllib import parse

import requests

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import sample

# With the default header, Nova answers in HTML instead of plain text.
NO_ACCEPT = {'Accept': None}

# Headers that only a proxy may set.
FORGED = {
    'Forwarded': 'host=evil.example.com;proto=https',
    'X-Forwarded-Host': 'evil.example.com',
    'X-Forwarded-Port': '666',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Proto': 'https',
}

KINDS: tuple[type[frontends.Frontend], ...] = (
    frontends.Nginx, frontends.HAProxy, frontends.Apache)

KEY = 'k y:1.2'
# Must be decoded exactly once. Only Glance allows to create such a key.
ODD_KEY = 'kä %41+1'


class ProxiesTest(base.WithScenarios, operations.OperationsTestCase):
    """Runs each test behind each web server.

    :cvar by_kind: the web servers, by their classes
    """

    scenarios = [
        (kind.__name__, {'kind': kind})
        for kind in KINDS]

    kind: type[frontends.Frontend]
    service: sample.SampleService
    by_kind: dict[type[frontends.Frontend], frontends.Frontend]

    @classmethod
    def start_servers(cls) -> None:
        cls.service = cls.start(sample.SampleService(
            cls.account, cls.stack, f'{cls.__name__}-service', {
                'oslo_middleware': {'enable_proxy_headers_parsing': True}}))
        cls.by_kind = {
            kind: kind(
                cls.account, cls.stack, f'{cls.__name__}-{kind.__name__}',
                cls.service.address)
            for kind in KINDS}
        cls.start_all(*cls.by_kind.values())

    def setUp(self) -> None:
        super().setUp()
        self.url = self.by_kind[self.kind].url

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request(self.url, 'GET', path, **kwargs)

    def test_images_are_ours(self) -> None:
        """Nova's own filter by properties would find no image."""
        image_id = self.glance.create(os_type='linux')
        for prefix in ('/v2.1', '/v2.1/{project}', '/v2', '/v2/{project}'):
            for path in ('/images', '/images/detail'):
                with self.case(prefix + path):
                    answer = self.get(
                        f'{prefix}{path}?property-os_type=linux')
                    self.assertEqual(
                        [image_id],
                        [image['id'] for image in answer.json()['images']])

    def test_other_paths_are_novas(self) -> None:
        for path in (
                '/v2.1/servers/images', '/v2.1/servers/images/metadata',
                '/v2.1/{project}/os-something/images', '/v2.1/imagesque',
                '/v2.1/images.json', '/v2.1/{project}/images-too',
                '/v2.1/{project}/images%20', '/v2.1/os-aggregates/images'):
            with self.case(path):
                answer, nova, ours = (
                    self.request(url, 'GET', path, headers=NO_ACCEPT)
                    for url in (
                        self.url, self.stack.nova_url, self.service.url))
                self.assertEqual(nova.status_code, answer.status_code)
                self.assertEqual(nova.text, answer.text)
                self.assertNotEqual(ours.text, answer.text)

    def test_faults_are_ours(self) -> None:
        for path in ('/v2.1/images/', '/v2.1/images/nothing',
                     '/v2.1/{project}/images/x/y', '/v2/images/detail/'):
            with self.case(path):
                self.assertFault(
                    self.get(path, headers=NO_ACCEPT), itemNotFound=404)
        answer = self.request(
            self.url, 'POST', '/v2.1/images/x/metadata', body='x' * 120000)
        self.assertFault(answer, overLimit=413)

    def test_servers_are_novas(self) -> None:
        for path in ('/v2.1/servers/detail', '/v2.1/{project}/flavors',
                     '/v2/{project}/servers', '/v2.1/limits', '/v2.1', '/'):
            with self.case(path):
                answer = self.get(path)
                nova = self.request(self.stack.nova_url, 'GET', path)
                self.assertEqual(nova.status_code, answer.status_code)
                self.assertEqual(
                    nova.text.replace(self.stack.nova_url, self.url),
                    answer.text)

    def test_links_have_the_public_host(self) -> None:
        self.glance.create()
        host = 'compute.example.com:8774'
        for sent, root in (({}, self.url), (FORGED, self.url),
                           ({'Host': host, **FORGED}, f'http://{host}')):
            with self.case(sent, root):
                answer = self.get('/v2.1/images?limit=1', headers=sent).json()
                [image] = answer['images']
                self.assertEqual(
                    f'{root}/v2.1/images/{image["id"]}',
                    image['links'][0]['href'])
                next_link = answer['images_links'][0]['href']
                self.assertTrue(next_link.startswith(f'{root}/v2.1/'))

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.url)

    def test_encoded_paths(self) -> None:
        attributes: dict[str, Any] = {ODD_KEY: '2'}
        image_id = self.glance.create(**attributes)
        metadata = f'/v2.1/images/{image_id}/metadata'
        self.assertEqual(
            {'meta': {ODD_KEY: '2'}},
            self.get(f'{metadata}/{parse.quote(ODD_KEY)}').json())
        path = f'{metadata}/{parse.quote(KEY)}'
        written = self.request(
            self.url, 'PUT', path, json={'meta': {KEY: '1'}})
        self.assertEqual(200, written.status_code, written.text)
        self.assertEqual('1', self.glance.show(image_id)[KEY])
        self.assertEqual({'meta': {KEY: '1'}}, self.get(path).json())
        gone = self.request(self.url, 'DELETE', path)
        self.assertEqual(204, gone.status_code)
        slash = self.get(path.replace('%20', '%2F'))
        self.assertFault(slash, itemNotFound=404)

    def test_head(self) -> None:
        """The API has no HEAD; the response has no body."""
        image_id = self.glance.create()
        for path in (f'/v2.1/images/{image_id}', '/v2.1/images?limit=5'):
            with self.case(path):
                answer = self.request(self.url, 'HEAD', path)
                direct = self.request(self.service.url, 'HEAD', path)
                self.assertEqual(404, answer.status_code)
                self.assertEqual(
                    direct.headers['Content-Type'],
                    answer.headers['Content-Type'])
                self.assertEqual(b'', answer.content)

    def test_queries(self) -> None:
        image_id = self.glance.create()
        for query in ('limit=2147483647', 'limit=1000001',
                      f'limit=5&ignored={"x" * 6000}'):
            with self.case(query):
                answer = self.get(f'/v2.1/images?{query}')
                self.assertEqual(200, answer.status_code, answer.text)
                self.assertEqual(
                    [image_id],
                    [image['id'] for image in answer.json()['images']])

    def test_no_token(self) -> None:
        answer = self.get('/v2.1/images', user=None)
        self.assertEqual(401, answer.status_code)
        self.assertEqual('Unauthorized', answer.json()['error']['title'])
