# SPDX-License-Identifier: Apache-2.0

"""One compute endpoint: real web servers, with the samples of ``etc``, send
images to us and all else to Nova."""

from typing import Any
from urllib import parse

import requests
import testscenarios

from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import sample

# With another one, Nova's plain text would be HTML.
NO_ACCEPT = {'Accept': None}

# What a client may say that only a proxy may.
FORGED = {
    'Forwarded': 'host=evil.example.com;proto=https',
    'X-Forwarded-Host': 'evil.example.com',
    'X-Forwarded-Port': '666',
    'X-Forwarded-Prefix': '/evil',
    'X-Forwarded-Proto': 'https',
}

KEY = 'k y:1.2'
# What must be decoded once and no more; only Glance lets it in.
ODD_KEY = 'kä %41+1'


class ProxiesTest(
        testscenarios.WithScenarios, operations.OperationsTestCase):

    scenarios = [
        (kind.__name__, {'kind': kind})
        for kind in (frontends.Nginx, frontends.HAProxy, frontends.Apache)]

    @classmethod
    def start_servers(cls) -> None:
        cls.service = cls.start(sample.SampleService(
            cls.account, cls.stack, f'{cls.__name__}-service', {
                'oslo_middleware': {'enable_proxy_headers_parsing': True}}))
        cls.frontends = {
            kind: kind(
                cls.account, cls.stack, f'{cls.__name__}-{kind.__name__}',
                cls.service.address)
            for kind in (
                frontends.Nginx, frontends.HAProxy, frontends.Apache)}
        cls.start_all(*cls.frontends.values())

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)
        self.url = self.frontends[self.kind].url

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request(self.url, 'GET', path, **kwargs)

    def test_images_are_ours(self) -> None:
        """Nova's filter of properties finds nothing."""
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
                self.assertTrue(
                    answer['images_links'][0]['href'].startswith(f'{root}/v2.1/'))

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.url)

    def test_encoded_paths(self) -> None:
        image_id = self.glance.create(**{ODD_KEY: '2'})
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
        """The API has no HEAD, and whatever answers sends no body."""
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
