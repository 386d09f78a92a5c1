# SPDX-License-Identifier: Apache-2.0

"""The calls to the Image service, and what they send."""

from typing import Any

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import glance_case

GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'


class Calls(glance_case.TestCase):
    """The number of calls to the Image service for each request."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.warm(self.serve())
        self.image_id = self.glance.add(key='value')
        self.path = f'/v2.1/images/{self.image_id}'

    def _calls_of(self, path: str, *args: Any, **kwargs: Any) -> list[str]:
        self.glance.requests.clear()
        response = self.service.request(path, *args, **kwargs)
        self.assertLess(response.status_int, 300, response.text)
        self.assertEqual([], self.glance.schemas)
        return self.glance.calls

    def test_reads(self) -> None:
        for path in (
                self.path, f'{self.path}/metadata',
                f'{self.path}/metadata/key', '/v2.1/images',
                '/v2.1/images/detail', '/v2.1/images?limit=1',
                '/v2.1/images/detail?limit=1&name=a%3Ab',
                f'/v2.1/images?marker={self.image_id}'):
            with self.case(path):
                self.assertEqual(['GET'], self._calls_of(path))

    def test_deletion(self) -> None:
        self.assertEqual(['DELETE'], self._calls_of(self.path, 'DELETE'))

    def test_metadata_writes(self) -> None:
        path = f'{self.path}/metadata'
        requests: tuple[tuple[str, str, Any], ...] = (
            (path, 'POST', {'metadata': {'a': '1', 'b': '2'}}),
            (path, 'PUT', {'metadata': {'a': '2', 'c': '2'}}),
            (f'{path}/c', 'PUT', {'meta': {'c': '3'}}),
            (f'{path}/c', 'DELETE', None))
        for url, method, body in requests:
            with self.case(method, url, body):
                self.assertEqual(
                    ['GET', 'PATCH'], self._calls_of(url, method, json=body))
        self.assertEqual({'a': '2'}, self.glance.metadata(self.image_id))

    def test_whole_list(self) -> None:
        for _ in range(2499):
            self.glance.add()
        calls = self._calls_of('/v2.1/images')
        self.assertEqual(['GET'] * 3, calls)
        found = self.service.request('/v2.1/images').json['images']
        self.assertEqual(
            list(self.glance.images)[::-1], [image['id'] for image in found])

    def test_list_that_ends_with_a_full_page(self) -> None:
        for _ in range(999):
            self.glance.add()
        self.assertLessEqual(len(self._calls_of('/v2.1/images')), 2)

    def test_schema_is_read_once(self) -> None:
        service = self.serve()
        for _ in range(3):
            service.request(self.path)
            service.request('/v2.1/images')
        self.assertEqual(1, len(self.glance.schemas))

    def test_rejected_requests_cause_no_calls(self) -> None:
        self.service.request(self.path, user=None)
        self.service.request(self.path, user='bad')
        self.service.request('/v2.1/images?limit=-1')
        self.service.request('/v2.1/images?status=NONE')
        self.service.request('/v2.1/images/no-image')
        self.assertEqual([], self.glance.calls)


class Headers(glance_case.TestCase):
    """The headers of the calls to the Image service."""

    def test_token_and_global_request_id_are_sent(self) -> None:
        service = self.serve()
        response = service.request(
            '/v2.1/images', headers={'X-OpenStack-Request-ID': GLOBAL_ID})
        self.assertEqual(200, response.status_int)
        for sent in (*self.glance.requests, *self.glance.schemas):
            with self.case(sent.method, sent.url):
                self.assertEqual(
                    (fixtures.TOKENS['member'], GLOBAL_ID),
                    (sent.headers['X-Auth-Token'],
                     sent.headers['X-OpenStack-Request-ID']))
                self.assertNotIn('X-Service-Token', sent.headers)

    def test_own_request_id_is_sent_without_a_global_one(self) -> None:
        response = self.serve().request('/v2.1/images')
        self.assertEqual(
            response.headers['X-OpenStack-Request-ID'],
            self.glance.requests[0].headers['X-OpenStack-Request-ID'])

    def test_invalid_global_request_id_is_not_sent(self) -> None:
        service = self.serve()
        response = service.request(
            '/v2.1/images', headers={'X-OpenStack-Request-ID': 'req-<evil>'})
        self.assertEqual(
            response.headers['X-OpenStack-Request-ID'],
            self.glance.requests[0].headers['X-OpenStack-Request-ID'])


class Links(glance_case.TestCase):
    """The link of an image to the Image service."""

    def _alternate(self, prefix: str | None, **glance: Any) -> str:
        image_id = self.glance.add()
        options = {'glance_link_prefix': prefix} if prefix else {}
        service = self.serve({'api': options}, **glance)
        image = service.request(f'/v2.1/images/{image_id}').json['image']
        (link,) = (each['href'] for each in image['links']
                   if each['rel'] == 'alternate')
        return link.removesuffix(f'/images/{image_id}')

    def test_prefix(self) -> None:
        self.assertEqual(
            'https://public.example/image',
            self._alternate('https://public.example/image/'))

    def test_endpoint_without_its_version(self) -> None:
        self.assertEqual(
            'http://image.example/image',
            self._alternate(
                None, endpoint_override='http://image.example/image/v2/'))
