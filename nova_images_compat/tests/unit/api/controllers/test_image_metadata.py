# SPDX-License-Identifier: Apache-2.0

"""Tests of the metadata controller that the contract does not cover."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests import fixtures


class QuotaTest(base.TestCase):

    def _service(self, limit: int) -> fixtures.Service:
        return self.useFixture(fixtures.Service(
            options={'quota': {'metadata_items': limit}}))

    def test_what_counts_is_what_the_image_would_have(self) -> None:
        service = self._service(2)
        image = service.add_image(a='1', b='2')
        url = f'/v2.1/images/{image}/metadata'
        steps: tuple[tuple[str, str, Any, int], ...] = (
            ('POST', url, {'metadata': {'a': '3'}}, 200),
            ('POST', url, {'metadata': {'c': '3'}}, 403),
            ('PUT', f'{url}/c', {'meta': {'c': '3'}}, 403),
            ('PUT', f'{url}/b', {'meta': {'b': '4'}}, 200),
            ('PUT', url, {'metadata': {'x': '', 'y': '', 'z': ''}}, 403),
            ('PUT', url, {'metadata': {'x': '', 'y': ''}}, 200))
        for method, path, body, status in steps:
            with self.case(method, body):
                answer = service.request(path, method, json=body)
                self.assertEqual(status, answer.status_int)
        self.assertEqual({'metadata': {'x': '', 'y': ''}},
                         service.request(url).json)

    def test_no_limit(self) -> None:
        service = self._service(-1)
        url = f'/v2.1/images/{service.add_image()}/metadata'
        metadata = {str(number): '' for number in range(200)}
        answer = service.request(url, 'POST', json={'metadata': metadata})
        self.assertEqual({'metadata': metadata}, answer.json)


class KeyTest(base.TestCase):

    def test_key_of_the_body_must_be_that_of_the_url(self) -> None:
        service = self.useFixture(fixtures.Service())
        url = f'/v2.1/images/{service.add_image()}/metadata'
        for meta, message in (
                ({'b': '1'}, 'Request body and URI mismatch'),
                ({'a': '1', 'b': '2'}, None), ({}, None)):
            with self.case(meta):
                answer = service.request(
                    f'{url}/a', 'PUT', json={'meta': meta})
                self.assertEqual(400, answer.status_int)
                if message:
                    self.assertEqual(
                        message, answer.json['badRequest']['message'])
        self.assertEqual({'metadata': {}}, service.request(url).json)

    def test_metadata_that_shadows_nothing(self) -> None:
        service = self.useFixture(fixtures.Service())
        url = f'/v2.1/images/{service.add_image(name="n")}/metadata'
        for key in ('__class__', 'metadata', 'Name', 'os_type '):
            with self.case(key):
                answer = service.request(
                    url, 'POST', json={'metadata': {key: 'x'}})
                self.assertEqual('x', answer.json['metadata'][key])
