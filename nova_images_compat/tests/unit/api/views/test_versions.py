# SPDX-License-Identifier: Apache-2.0

"""Tests of the version documents."""

from typing import Any

from nova_images_compat.api.views import versions
from nova_images_compat.api import wsgi
from nova_images_compat.tests.unit import helpers


class VersionsViewTest(helpers.TestCase):

    def _view(self, **api: Any) -> versions.VersionsView:
        return versions.VersionsView(self.configure({'api': api}))

    def _choices(self, path: str, **api: Any) -> list[str]:
        document = self._view(**api).choices(
            wsgi.Request.blank(path, base_url='http://own'))
        return [choice['links'][0]['href'] for choice in document['choices']]

    def test_newest_microversion_is_the_configured_one(self) -> None:
        document = self._view(max_version='2.50').index(
            wsgi.Request.blank('/'))
        self.assertEqual(
            [('v2.0', '', ''), ('v2.1', '2.50', '2.1')],
            [(version['id'], version['version'], version['min_version'])
             for version in document['versions']])

    def test_version_is_the_one_that_the_request_came_in_by(self) -> None:
        for legacy, expected in ((True, 'v2.0'), (False, 'v2.1')):
            with self.case(legacy):
                document = self._view().show(helpers.blank(
                    '/', environ={wsgi.ENV_LEGACY_V2: legacy}))
                self.assertEqual(expected, document['version']['id'])

    def test_links_start_with_the_public_root(self) -> None:
        request = wsgi.Request.blank('/', base_url='http://own/v2.1')
        document = self._view(
            compute_link_prefix='https://public/compute').show(request)
        self.assertEqual(
            'https://public/compute/v2.1/',
            document['version']['links'][0]['href'])

    def test_choices_have_the_path(self) -> None:
        for path, expected in (
                ('/', ''), ('/images', 'images'), ('/v3/a/', 'v3/a')):
            with self.case(path):
                self.assertEqual(
                    [f'http://own/v2/{expected}',
                     f'http://own/v2.1/{expected}'], self._choices(path))

    def test_choices_are_urls(self) -> None:
        for quoted in ('a%20b', 'a%0Ab', '%C3%BC', 'a%3Fb'):
            with self.case(quoted):
                self.assertEqual(
                    f'http://own/v2.1/{quoted}',
                    self._choices(f'/{quoted}')[1])
