# SPDX-License-Identifier: Apache-2.0

"""Tests of the images controller that the contract does not cover."""

from nova_images_compat.tests import base
from nova_images_compat.tests import fixtures


class PagesTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service(
            options={'api': {'max_limit': 2}}))
        self.ids = [
            self.service.add_image(name=f'image {number}', group='a')
            for number in range(5)][::-1]

    def test_next_links_lead_through_the_whole_list_once(self) -> None:
        for path in ('/v2.1/images', '/v2/images/detail',
                     f'/v2.1/{fixtures.PROJECT}/images'):
            with self.case(path):
                found, pages = [], 0
                url = f'{path}?limit=100&property-group=a'
                while url:
                    page = self.service.request(url).json
                    found += [image['id'] for image in page['images']]
                    url = page.get('images_links', [{}])[0].get('href')
                    pages += 1
                    if pages > len(self.ids):
                        break
                self.assertEqual((self.ids, 3), (found, pages))

    def test_without_a_limit_the_list_is_whole(self) -> None:
        page = self.service.request('/v2.1/images').json
        self.assertEqual(self.ids, [image['id'] for image in page['images']])
        self.assertNotIn('images_links', page)

    def test_a_limit_that_is_no_number(self) -> None:
        for text in ('%0A', '1%0A', 'x', ''):
            with self.case(text):
                answer = self.service.request(f'/v2.1/images?limit={text}')
                self.assertEqual(400, answer.status_int)
                self.assertIn('limit', answer.json['badRequest']['message'])


class QueryStringTest(base.TestCase):

    def test_query_string_that_is_not_utf_8(self) -> None:
        service = self.useFixture(fixtures.Service())
        image = service.add_image()
        for path in ('/v2.1/images', '/v2.1/images/detail',
                     f'/v2.1/images/{image}'):
            with self.case(path):
                answer = service.request(f'{path}?name=%FF')
                self.assertEqual(400, answer.status_int)
                self.assertIn('badRequest', answer.json)
