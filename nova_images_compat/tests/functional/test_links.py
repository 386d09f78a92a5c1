# SPDX-License-Identifier: Apache-2.0

"""The URLs of the links in responses."""

from typing import Any
from urllib import parse

import webob

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base


def hrefs(links: list[dict[str, str]]) -> dict[str, str]:
    """Return the URLs of an image's links, by their relations."""
    return {link['rel']: link['href'] for link in links}


def links_to(
    image_id: str, compute: str, image: str, project: str = '',
    version: str = 'v2.1',
) -> dict[str, str]:
    """Return the expected links of an image, by their relations.

    :param compute: the root URL of the compute API
    :param image: the root URL of the Image service
    :param project: its id with a slash, if it is in the URL
    """
    return {
        'self': f'{compute}/{version}/{project}images/{image_id}',
        'bookmark': f'{compute}/{project}images/{image_id}',
        'alternate': f'{image}/images/{image_id}',
    }


class _TestCase(base.TestCase):

    def links_of(
        self, service: fixtures.Service, path: str = '/v2.1/images',
        **kwargs: Any,
    ) -> dict[str, str]:
        """Return the links of the only image in a list."""
        response = service.request(path, **kwargs)
        self.assertEqual(200, response.status_int, response.text)
        (image,) = response.json['images']
        return hrefs(image['links'])


class Prefixes(_TestCase):

    def test_compute_link_prefix(self) -> None:
        """The scheme, host and path of the public URL, with or without a
        slash at the end.
        """
        for prefix, root in (
                ('https://compute.example', 'https://compute.example'),
                ('https://compute.example/', 'https://compute.example'),
                ('https://cloud.example:8443/compute',
                 'https://cloud.example:8443/compute'),
                ('https://cloud.example/compute/',
                 'https://cloud.example/compute')):
            with self.case(prefix, root):
                service = self.make_service(
                    {'api': {'compute_link_prefix': prefix}})
                image_id = service.add_image()
                self.assertEqual(
                    links_to(image_id, root, root), self.links_of(service))
                project = f'{fixtures.PROJECT}/'
                self.assertEqual(
                    links_to(image_id, root, root, project, 'v2'),
                    self.links_of(service, f'/v2/{project}images'))
                page = service.request('/v2.1/images?limit=1').json
                self.assertEqual(
                    f'{root}/v2.1/images?limit=1&marker={image_id}',
                    page['images_links'][0]['href'])
                versions = service.request('/', user=None).json['versions']
                self.assertEqual(
                    [f'{root}/v2/', f'{root}/v2.1/'],
                    [version['links'][0]['href'] for version in versions])

    def test_glance_link_prefix(self) -> None:
        """The root of alternate links, and of no others."""
        for prefix, root in (
                ('https://image.example', 'https://image.example'),
                ('https://image.example:9292/', 'https://image.example:9292'),
                ('https://cloud.example/image//',
                 'https://cloud.example/image')):
            with self.case(prefix, root):
                service = self.make_service(
                    {'api': {'glance_link_prefix': prefix}})
                image_id = service.add_image()
                self.assertEqual(
                    links_to(image_id, 'http://localhost', root),
                    self.links_of(service))

    def test_links_of_a_server_have_the_compute_prefix(self) -> None:
        service = self.make_service({'api': {
            'compute_link_prefix': 'https://compute.example',
            'glance_link_prefix': 'https://image.example'}})
        image_id = service.add_image(instance_uuid='a-server')
        image = service.request(f'/v2.1/images/{image_id}').json['image']
        self.assertEqual({
            'self': 'https://compute.example/v2.1/servers/a-server',
            'bookmark': 'https://compute.example/servers/a-server',
        }, hrefs(image['server']['links']))


class Mounted(_TestCase):
    """The service at a path of the WSGI server, SCRIPT_NAME."""

    def _request(self, service: fixtures.Service, path: str) -> Any:
        request = webob.Request.blank(
            path, base_url='https://cloud.example/compute')
        request.headers['X-Auth-Token'] = fixtures.TOKENS['member']
        return service.send(request, b'').json

    def test_links_start_with_it(self) -> None:
        service = self.make_service()
        image_id = service.add_image()
        root = 'https://cloud.example/compute'
        page = self._request(service, '/v2.1/images?limit=1')
        self.assertEqual(
            links_to(image_id, root, root), hrefs(page['images'][0]['links']))
        self.assertEqual(
            f'{root}/v2.1/images?limit=1&marker={image_id}',
            page['images_links'][0]['href'])
        document = self._request(service, '/v2.1/')['version']
        self.assertEqual(f'{root}/v2.1/', document['links'][0]['href'])


class BehindAProxy(_TestCase):

    HEADERS = {
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'public.example:8443',
        'X-Forwarded-Prefix': '/compute',
    }

    def test_headers_are_ignored_by_default(self) -> None:
        service = self.make_service()
        image_id = service.add_image()
        self.assertEqual(
            f'http://localhost/v2.1/images/{image_id}',
            self.links_of(service, headers=self.HEADERS)['self'])

    def test_headers_are_parsed_if_enabled(self) -> None:
        service = self.make_service(
            {'oslo_middleware': {'enable_proxy_headers_parsing': True}})
        image_id = service.add_image()
        root = 'https://public.example:8443/compute'
        self.assertEqual(
            links_to(image_id, root, root),
            self.links_of(service, headers=self.HEADERS))

    def test_the_configured_prefix_takes_precedence(self) -> None:
        service = self.make_service({
            'oslo_middleware': {'enable_proxy_headers_parsing': True},
            'api': {'compute_link_prefix': 'https://compute.example'}})
        image_id = service.add_image()
        headers = {'X-Forwarded-Host': 'evil.example'}
        self.assertEqual(
            f'https://compute.example/v2.1/images/{image_id}',
            self.links_of(service, headers=headers)['self'])


class DoubleSlashes(_TestCase):

    def test_count_as_one(self) -> None:
        service = self.make_service()
        image_id = service.add_image(key='value')
        for path in ('//v2.1/images', '/v2.1//images', '//v2.1///images'):
            with self.case(path):
                self.assertEqual(
                    f'http://localhost/v2.1/images/{image_id}',
                    self.links_of(service, path)['self'])
        response = service.request(
            f'/v2.1//images//{image_id}//metadata//key')
        self.assertEqual({'meta': {'key': 'value'}}, response.json)


class NextLinks(_TestCase):

    def _next(self, query: str, **metadata: str) -> str:
        """Return the next link of a page that one image fills."""
        service = self.make_service()
        self.image_id = service.add_image(**metadata)
        page = service.request(f'/v2.1/images?{query}').json
        self.assertEqual(1, len(page['images']))
        return page['images_links'][0]['href']

    def _parameters(self, url: str) -> dict[str, list[str]]:
        return parse.parse_qs(
            parse.urlsplit(url).query, keep_blank_values=True,
            strict_parsing=True)

    def test_keep_filters(self) -> None:
        url = self._next(
            'property-os_distro=debian&limit=1&status=ACTIVE&minRam=0',
            os_distro='debian')
        self.assertEqual({
            'property-os_distro': ['debian'], 'limit': ['1'],
            'status': ['ACTIVE'], 'minRam': ['0'],
            'marker': [self.image_id],
        }, self._parameters(url))

    def test_drop_unknown_parameters(self) -> None:
        url = self._next('limit=1&colour=blue&X-Auth-Token=secret')
        self.assertEqual(
            {'limit': ['1'], 'marker': [self.image_id]},
            self._parameters(url))

    def test_the_last_of_repeated_parameters_counts(self) -> None:
        url = self._next('limit=7&name=other&limit=1&name=mine', name='mine')
        self.assertEqual(
            {'limit': ['1'], 'name': ['mine'], 'marker': [self.image_id]},
            self._parameters(url))

    def test_quote_special_characters(self) -> None:
        name = 'a&b=c #?%/+ä漢😀"<>'
        url = self._next(
            parse.urlencode({'limit': 1, 'name': name}), name=name)
        self.assertEqual([name], self._parameters(url)['name'])
        self.assertTrue(url.isascii())
        self.assertNotRegex(url, '[ "<>#]')

    def test_lead_through_the_whole_list(self) -> None:
        service = self.make_service()
        for number in range(7):
            service.add_image(
                name='a b&c', kind='odd' if number % 2 else 'even')
        for path in ('/v2.1/images', '/v2.1/images/detail',
                     f'/v2/{fixtures.PROJECT}/images'):
            with self.case(path):
                whole = service.request(
                    f'{path}?name=a+b%26c&property-kind=even').json['images']
                self.assertEqual(4, len(whole))
                walked: list[Any] = []
                url = f'{path}?name=a+b%26c&property-kind=even&limit=3'
                lengths = []
                while url:
                    page = service.request(url).json
                    lengths.append(len(page['images']))
                    walked += page['images']
                    url = page.get('images_links', [{'href': ''}])[0]['href']
                self.assertEqual(whole, walked)
                self.assertEqual([3, 1], lengths)
