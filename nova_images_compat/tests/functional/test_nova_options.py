# SPDX-License-Identifier: Apache-2.0

"""What Nova's options mean, they mean here, too."""

from collections.abc import Mapping
from typing import Any

import fixtures as third_party_fixtures

from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

NOOP = 'nova.quota.NoopQuotaDriver'
UNIFIED = 'nova.quota.UnifiedLimitsDriver'
DATABASE = 'nova.quota.DbQuotaDriver'

REFUSED, ACCEPTED = 403, 200


class LinkPrefixes(base.TestCase):

    def links(self, **api: str) -> list[str]:
        """Return the URLs of an image's links, without the image's id."""
        service = self.make_service({'api': api})
        image_id = service.add_image()
        image = service.request(f'/v2.1/images/{image_id}').json['image']
        return [link['href'].removesuffix(f'/images/{image_id}')
                for link in image['links']]

    def test_empty_ones_are_none(self) -> None:
        self.assertEqual(
            ['http://localhost/v2.1', 'http://localhost', 'http://localhost'],
            self.links(compute_link_prefix='', glance_link_prefix=''))

    def test_any_text_is_one(self) -> None:
        for prefix in ('compute.example', 'compute.example:8774/compute',
                       'ftp://compute.example'):
            with self.case(prefix):
                self.assertEqual(
                    [f'{prefix}/v2.1', prefix, 'image.example'],
                    self.links(compute_link_prefix=prefix,
                               glance_link_prefix='image.example'), prefix)

    def test_next_page(self) -> None:
        service = self.make_service(
            {'api': {'compute_link_prefix': 'compute.example'}})
        service.add_image()
        page = service.request('/v2.1/images?limit=1').json
        (link,) = page['images_links']
        self.assertStartsWith(
            link['href'], 'compute.example/v2.1/images?limit=1&')

    def test_versions(self) -> None:
        service = self.make_service(
            {'api': {'compute_link_prefix': 'compute.example'}})
        self.assertEqual(
            ['compute.example/v2/', 'compute.example/v2.1/'],
            [version['links'][0]['href'] for version in service.request(
                '/', user=None).json['versions']])

    def assertStartsWith(self, text: str, start: str) -> None:
        self.assertEqual(start, text[:len(start)])


class MaxLimit(base.TestCase):

    def page(
        self, query: str, options: Mapping[str, Mapping[str, Any]],
    ) -> tuple[int, bool]:
        """Return how many of three images a page has, and whether it has a
        link to the next.
        """
        service = self.make_service(options)
        for _ in range(3):
            service.add_image()
        for path in ('/v2.1/images', '/v2.1/images/detail'):
            with self.case(path):
                answer = service.request(path + query)
                self.assertEqual(200, answer.status_int, answer.text)
        return len(answer.json['images']), 'images_links' in answer.json

    def test_none(self) -> None:
        for query, count in (
                ('', 3), ('?limit=2', 2), ('?limit=3', 3),
                (f'?limit={"9" * 30}', 3)):
            with self.case(query, count):
                self.assertEqual(
                    (count, False),
                    self.page(query, {'api': {'max_limit': 0}}), query)

    def test_old_name(self) -> None:
        self.assertEqual((2, True), self.page(
            '?limit=3', {'DEFAULT': {'osapi_max_limit': 2}}))


class Quota(base.TestCase):

    def status(self, options: Mapping[str, Mapping[str, Any]]) -> int:
        """Return the status of a write that leaves an image two items."""
        service = self.make_service(options)
        image_id = service.add_image()
        return service.request(
            f'/v2.1/images/{image_id}/metadata', 'PUT',
            json={'metadata': {'a': '1', 'b': '2'}}).status_int

    def test_drivers(self) -> None:
        for driver, expected in (
                (DATABASE, REFUSED), (NOOP, ACCEPTED), (UNIFIED, ACCEPTED)):
            with self.case(driver, expected):
                self.assertEqual(expected, self.status({
                    'quota': {'metadata_items': 1, 'driver': driver}}), driver)

    def test_old_name(self) -> None:
        self.assertEqual(REFUSED, self.status(
            {'DEFAULT': {'quota_metadata_items': 1}}))


class Glance(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        self.log = self.useFixture(third_party_fixtures.FakeLogger(
            format='%(levelname)s %(message)s'))

    def serve(
        self, options: base.Options | None = None, **glance: Any,
    ) -> fixtures.Service:
        options = {**(options or {})}
        return self.make_service({
            **options,
            'api': {'image_store': 'glance', **options.get('api', {})},
            'glance': {'endpoint_override': fake_glance.ROOT, **glance}})

    def status(self, **kwargs: Any) -> int:
        return self.serve(**kwargs).request('/v2.1/images').status_int

    def test_no_timeout(self) -> None:
        self.assertEqual(200, self.status(timeout=0))

    def test_service_token_without_a_user(self) -> None:
        """There is none, and a warning, as in Nova."""
        for options, section in (
                ({}, 'service_user'),
                ({'auth_section': 'keystone_authtoken'},
                 'keystone_authtoken')):
            with self.case(options, section):
                self.assertEqual(200, self.status(options={
                    'service_user': {'send_service_user_token': True,
                                     'timeout': 0, **options}}))
                self.assertNotIn(
                    'X-Service-Token', self.glance.requests[-1].headers)
                self.assertRegex(
                    self.log.output, r'(?m)^WARNING No service token is sent '
                    rf'.*\[{section}\] auth_type')

    def test_paths_of_the_prefix_and_of_the_service(self) -> None:
        image_id = self.glance.add()
        service = self.serve({'api': {
            'glance_link_prefix': 'https://public.example/cloud/',
            'deprecation_headers': True}})
        for root, path in (
                ('http://image.example', ''),
                ('http://image.example/image/v2/', '/image')):
            with self.case(root, path):
                service = self.serve({'api': {
                    'glance_link_prefix': 'https://public.example/cloud/',
                    'deprecation_headers': True}}, endpoint_override=root)
                answer = service.request(f'/v2.1/images/{image_id}')
                self.assertEqual(
                    f'https://public.example/cloud{path}/images/{image_id}',
                    answer.json['image']['links'][2]['href'])
                self.assertIn(
                    f'<https://public.example/cloud{path}/v2/images>',
                    answer.headers['Link'])
