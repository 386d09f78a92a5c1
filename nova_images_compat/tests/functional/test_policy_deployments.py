# SPDX-License-Identifier: Apache-2.0

"""Policy files as deployments have them."""

import os

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

DEPLOYMENTS = os.path.join(os.path.dirname(fixtures.__file__), 'deployments')

IMAGE_SIZE = 'OS-EXT-IMG-SIZE:size'


def token(*roles: str) -> str:
    """Return the token of a user of the images' project."""
    return f'user:{fixtures.PROJECT}:{",".join(roles)}'


class PolicyTest(base.TestCase):

    def _service(self, name: str) -> fixtures.Service:
        return self.make_service({'oslo_policy': {
            'policy_file': os.path.join(DEPLOYMENTS, name)}})

    def test_a_policy_without_rules_for_images(self) -> None:
        service = self._service('policy.yaml')
        image_id = service.add_image(size=7)
        image = f'/v2.1/images/{image_id}'
        for method, path, body, status in (
                ('GET', image, None, 200),
                ('PUT', f'{image}/metadata', {'metadata': {'a': 'b'}}, 200),
                ('DELETE', image, None, 204)):
            with self.case(method, path):
                response = service.request(
                    path, method, token=token('frozen'), json=body)
                self.assertEqual(status, response.status_int)

    def test_the_size_is_for_admins(self) -> None:
        service = self._service('policy-ours.yaml')
        path = f'/v2.1/images/{service.add_image(size=7)}'
        for roles, shown in (
                (['admin'], True), (['manager', 'member'], False),
                (['reader'], False)):
            with self.case(roles):
                response = service.request(path, token=token(*roles))
                self.assertEqual(200, response.status_int)
                self.assertEqual(shown, IMAGE_SIZE in response.json['image'])

    def test_members_and_admins_delete(self) -> None:
        service = self._service('policy-ours.yaml')
        for roles, status in (
                (['member', 'reader'], 204), (['admin'], 204),
                (['reader'], 403), (['image-editor'], 403)):
            with self.case(roles):
                response = service.request(
                    f'/v2.1/images/{service.add_image()}', 'DELETE',
                    token=token(*roles))
                self.assertEqual(status, response.status_int)

    def test_editors_that_are_not_frozen_replace_metadata(self) -> None:
        service = self._service('policy-ours.yaml')
        path = f'/v2.1/images/{service.add_image()}/metadata'
        for roles, status in (
                (['image-editor'], 200), (['image-editor', 'member'], 200),
                (['image-editor', 'frozen'], 403), (['member'], 403),
                (['admin'], 403)):
            with self.case(roles):
                response = service.request(
                    path, 'PUT', token=token(*roles),
                    json={'metadata': {'a': 'b'}})
                self.assertEqual(status, response.status_int)
