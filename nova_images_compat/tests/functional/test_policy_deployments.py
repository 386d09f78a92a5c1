# SPDX-License-Identifier: Apache-2.0

"""The policies that deployments have."""

import os

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

DEPLOYMENTS = os.path.join(os.path.dirname(fixtures.__file__), 'deployments')

IMAGE_SIZE = 'OS-EXT-IMG-SIZE:size'


def token(*roles: str) -> str:
    """Return a token of the image's project."""
    return f'user:{fixtures.PROJECT}:{",".join(roles)}'


class PolicyTest(base.TestCase):

    def _service(self, name: str) -> fixtures.Service:
        return self.make_service({'oslo_policy': {
            'policy_file': os.path.join(DEPLOYMENTS, name)}})

    def test_a_policy_without_rules_of_ours(self) -> None:
        service = self._service('policy.yaml')
        image_id = service.add_image(size=7)
        path = f'/v2.1/images/{image_id}'
        for method, path, body, status in (
                ('GET', path, None, 200),
                ('PUT', f'{path}/metadata', {'metadata': {'a': 'b'}}, 200),
                ('DELETE', path, None, 204)):
            with self.case(method, path, body, status):
                answer = service.request(
                    path, method, token=token('frozen'), json=body)
                self.assertEqual(status, answer.status_int, answer.text)

    def test_the_size_is_for_admins(self) -> None:
        service = self._service('policy-ours.yaml')
        path = f'/v2.1/images/{service.add_image(size=7)}'
        for roles, shown in (
                (('admin',), True), (('manager', 'member'), False),
                (('reader',), False)):
            with self.case(roles, shown):
                answer = service.request(path, token=token(*roles))
                self.assertEqual(200, answer.status_int, roles)
                self.assertEqual(shown, IMAGE_SIZE in answer.json['image'], roles)

    def test_members_and_admins_delete(self) -> None:
        service = self._service('policy-ours.yaml')
        for roles, status in (
                (('member', 'reader'), 204), (('admin',), 204),
                (('reader',), 403), (('image-editor',), 403)):
            with self.case(roles, status):
                answer = service.request(
                    f'/v2.1/images/{service.add_image()}', 'DELETE',
                    token=token(*roles))
                self.assertEqual(status, answer.status_int, roles)

    def test_editors_that_are_not_frozen_replace_metadata(self) -> None:
        service = self._service('policy-ours.yaml')
        path = f'/v2.1/images/{service.add_image()}/metadata'
        for roles, status in (
                (('image-editor',), 200), (('image-editor', 'member'), 200),
                (('image-editor', 'frozen'), 403), (('member',), 403),
                (('admin',), 403)):
            with self.case(roles, status):
                answer = service.request(
                    path, 'PUT', token=token(*roles),
                    json={'metadata': {'a': 'b'}})
                self.assertEqual(status, answer.status_int, roles)
