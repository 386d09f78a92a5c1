# SPDX-License-Identifier: Apache-2.0

"""Links of the service behind a proxy that ends TLS, with the samples."""

import tempfile

import fixtures

from nova_images_compat.tests import certificates
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import sample
from nova_images_compat.tests.integration import test_proxies

HOST = 'compute.example.com:8774'
PLAIN = {'X-Forwarded-Proto': 'http', 'Forwarded': 'proto=http'}


class ProxiesTLSTest(base.WithScenarios, servers.ServersTestCase):
    """Runs each test behind each web server.

    :cvar by_kind: the web servers, by their classes
    :cvar authority: issues their certificates
    """

    scenarios = [
        (kind.__name__, {'kind': kind})
        for kind in test_proxies.KINDS]

    kind: type[frontends.Frontend]
    by_kind: dict[type[frontends.Frontend], frontends.Frontend]
    authority: certificates.Authority

    @classmethod
    def start_servers(cls) -> None:
        cls.authority = certificates.Authority(
            tempfile.mkdtemp(dir=cls.stack.directory))
        service = cls.start(sample.SampleService(
            cls.account, cls.stack, f'{cls.__name__}-service', {
                'oslo_middleware': {'enable_proxy_headers_parsing': True}}))
        certificate = cls.authority.issue('proxy')
        cls.by_kind = {
            kind: kind(
                cls.account, cls.stack, f'{cls.__name__}-{kind.__name__}',
                service.address, certificate=certificate)
            for kind in test_proxies.KINDS}
        cls.start_all(*cls.by_kind.values())

    def setUp(self) -> None:
        super().setUp()
        self.url = self.by_kind[self.kind].url
        self.useFixture(fixtures.EnvironmentVariable(
            'REQUESTS_CA_BUNDLE', self.authority.file))

    def test_links(self) -> None:
        """Clients cannot change the scheme."""
        image_id = self.glance.create()
        forged = {**test_proxies.FORGED, **PLAIN}
        for headers, root in (
                ({}, self.url), (forged, self.url),
                ({'Host': HOST, **forged}, f'https://{HOST}')):
            for path in ('/v2.1/images?limit=1', '/v2.1/images/detail?limit=1',
                         '/v2.1/{project}/images?limit=1'):
                with self.case(headers, path):
                    answer = self.request(
                        self.url, 'GET', path, headers=headers)
                    self.assertEqual(200, answer.status_code, answer.text)
                    [image] = answer.json()['images']
                    [next_link] = answer.json()['images_links']
                    links = {link['rel']: link['href']
                             for link in image['links']}
                    prefix = path.partition('/images')[0].replace(
                        '{project}', self.stack.users['member'].project_id)
                    self.assertEqual(
                        f'{root}{prefix}/images/{image_id}', links['self'])
                    self.assertTrue(
                        next_link['href'].startswith(f'{root}{prefix}/'))
                    self.assertTrue(links['bookmark'].startswith(f'{root}/'))
