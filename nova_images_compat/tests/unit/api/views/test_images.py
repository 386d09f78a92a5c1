# SPDX-License-Identifier: Apache-2.0

"""Tests of the JSON of images."""

from typing import Any
from unittest import mock
from urllib import parse

from nova_images_compat.api.views import images as views
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.image import base as image_base
from nova_images_compat.tests.unit import helpers

TIME = '2026-01-31T12:00:00Z'


def make_store(root: str | None) -> mock.Mock:
    """Make an image store that knows the URL of the Image service.

    :param root: its public URL
    """
    store = mock.Mock(spec=image_base.ImageStore)
    store.public_root.return_value = root
    store.service_path.return_value = '/of-the-store'
    return store


def image(image_id: str = 'id', **values: Any) -> image_base.Image:
    return image_base.Image(**{
        'id': image_id, 'name': 'name', 'status': 'active', 'size': 3,
        'min_ram': 1, 'min_disk': 2, 'created_at': TIME, 'updated_at': TIME,
        'metadata': {}, **values})


def request(query: str = '', project: str | None = None) -> wsgi.Request:
    route = {'project_id': project} if project else {}
    return helpers.blank(
        f'/images{query}', base_url='http://own/v2.1', environ={
            wsgi.ENV_CONTEXT: request_context.RequestContext(),
            wsgi.ENV_ROUTE: ((), route)})


class ImageViewTest(helpers.TestCase):

    def _view(self, root: str | None = None, **api: str) -> views.ImageView:
        return views.ImageView(self.configure({'api': api}), make_store(root))

    def _show(self, **values: Any) -> Any:
        return self._view().show(request(), image(**values), True)['image']

    def _links(self, view: views.ImageView, **kwargs: Any) -> list[str]:
        document = view.index(request(**kwargs), [image()], None)
        return [link['href'] for link in document['images'][0]['links']]

    def test_statuses_and_progress(self) -> None:
        for status, expected in (
                ('active', ('ACTIVE', 100)), ('queued', ('SAVING', 25)),
                ('saving', ('SAVING', 50)), ('killed', ('ERROR', 0)),
                ('pending_delete', ('DELETED', 0)),
                ('deactivated', ('UNKNOWN', 0)),
                ('of the future', ('UNKNOWN', 0))):
            with self.case(status):
                shown = self._show(status=status)
                self.assertEqual(
                    expected, (shown['status'], shown['progress']))

    def test_size_only_for_those_who_may_see_it(self) -> None:
        view = self._view()
        self.assertEqual(
            3, view.show(request(), image(), True)['image'][
                'OS-EXT-IMG-SIZE:size'])
        self.assertNotIn(
            'OS-EXT-IMG-SIZE:size',
            view.show(request(), image(), False)['image'])

    def test_disk_config(self) -> None:
        for value, expected in (
                ('true', 'AUTO'), ('True', 'AUTO'), ('1', 'AUTO'),
                ('false', 'MANUAL'), ('', 'MANUAL'), ('nonsense', 'MANUAL')):
            with self.case(value):
                shown = self._show(metadata={'auto_disk_config': value})
                self.assertEqual(expected, shown['OS-DCF:diskConfig'])
        self.assertNotIn('OS-DCF:diskConfig', self._show())

    def test_server(self) -> None:
        self.assertNotIn('server', self._show())
        server = self._show(metadata={'instance_uuid': 'abc'})['server']
        self.assertEqual('abc', server['id'])
        self.assertEqual(
            ['http://own/v2.1/servers/abc', 'http://own/servers/abc'],
            [link['href'] for link in server['links']])

    def test_links_have_the_project_of_the_url(self) -> None:
        self.assertEqual(
            ['http://own/v2.1/abc/images/id', 'http://own/abc/images/id',
             'http://own/images/id'],
            self._links(self._view(), project='abc'))

    def test_links_start_with_what_the_operator_configured(self) -> None:
        view = self._view(
            root='http://of.store', compute_link_prefix='https://c/compute/',
            glance_link_prefix='https://i/image/')
        self.assertEqual(
            ['https://c/compute/v2.1/images/id',
             'https://c/compute/images/id',
             'https://i/image/of-the-store/images/id'],
            self._links(view))

    def test_alternate_links_start_with_the_stores_root(self) -> None:
        for root, expected in (
                ('http://image/', 'http://image/images/id'),
                ('http://image/v', 'http://image/v/images/id'),
                (None, 'http://own/images/id')):
            with self.case(root):
                self.assertEqual(
                    expected, self._links(self._view(root))[2])

    def test_a_page_that_is_not_full_is_the_last(self) -> None:
        for count, limit in ((0, None), (2, None), (0, 1), (1, 2)):
            with self.case(count, limit):
                page = self._view().index(
                    request(), [image()] * count, limit)
                self.assertNotIn('images_links', page)

    def test_next_link_keeps_the_filters_and_moves_the_marker(self) -> None:
        asked = request(
            '?name=a%26b%20%C3%BC&marker=old&limit=2&unknown=x&property-a=%23'
            '&limit=2&sort_key=name')
        page = self._view().detail(
            asked, [image('first'), image('last')], 2, False)
        [link] = page['images_links']
        url = parse.urlsplit(link['href'])
        self.assertEqual('next', link['rel'])
        self.assertEqual(
            'http://own/v2.1/images/detail',
            parse.urlunsplit(url._replace(query='')))
        self.assertEqual(
            {'name': ['a&b ü'], 'marker': ['last'], 'limit': ['2'],
             'property-a': ['#']}, parse.parse_qs(url.query))
