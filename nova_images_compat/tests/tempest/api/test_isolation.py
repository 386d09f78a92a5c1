# SPDX-License-Identifier: Apache-2.0

"""Two projects: what the users of one may do with images of the other."""

from typing import Any

from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base


class IsolationTest(base.ImagesCompatTest):
    """Images of one project, and a user of another.

    :cvar other: the other user's client
    """

    credentials = ['primary', 'alt']

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.other = cls.os_alt.images_compat.ImagesClient()

    def operations(self, image_id: str) -> list[tuple[str, str, Any]]:
        """Return the operations on one image."""
        return [
            operation for operation in
            base.metadata_operations(image_id, 'mine')
            + base.image_operations(image_id) if image_id in operation[1]]

    def assertUnchanged(self, image_id: str) -> None:
        self.assertEqual({'mine': '1'}, self.metadata(image_id))

    def assertReadOnly(self, image_id: str) -> None:
        """Fail unless the other project may read an image, not change it."""
        for method, path, body in self.operations(image_id):
            with self.case(method, path, body):
                answer = self.other.send(method, path, body)
                if method == 'GET':
                    self.assertEqual(200, answer.status, answer.body)
                else:
                    self.assertForbidden(answer)
        self.assertUnchanged(image_id)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('1a1ae666-8d2d-467c-a078-b1d1257bd8b3')
    def test_private_image(self) -> None:
        """The other project does not find a private image."""
        image_id = self.create_image(mine='1')
        for method, path, body in self.operations(image_id):
            with self.case(method, path, body):
                self.assertNotFound(self.other.send(method, path, body))
        for detail in (False, True):
            with self.case(detail):
                self.assertEqual([], self.list_ids(detail, self.other))
                self.assertEqual([image_id], self.list_ids(detail))
        self.assertForbidden(
            self.other.send('GET', f'images?marker={image_id}'))
        self.assertUnchanged(image_id)

    @decorators.idempotent_id('56ad33ac-5a1a-4512-b6a9-338a7f20aa69')
    def test_shared_image(self) -> None:
        """A shared image is in lists of the other project once that has
        accepted it, and the other project cannot change it.
        """
        image_id = self.create_image(mine='1', visibility='shared')
        self.assertNotFound(self.other.send('GET', f'images/{image_id}'))
        members = self.os_primary.image_member_client_v2
        members.create_image_member(image_id, member=self.other.project_id)
        self.assertEqual([], self.list_ids(client=self.other))
        self.assertReadOnly(image_id)
        self.os_alt.image_member_client_v2.update_image_member(
            image_id, self.other.project_id, status='accepted')
        for detail in (False, True):
            with self.case(detail):
                self.assertEqual(
                    [image_id], self.list_ids(detail, self.other))
        self.assertReadOnly(image_id)

    @decorators.idempotent_id('7f3d1aac-79a1-4d2a-b633-d354fa6aa8c3')
    def test_community_image(self) -> None:
        """A community image is not in lists of the other project, which
        cannot change it.
        """
        image_id = self.create_image(mine='1', visibility='community')
        self.assertEqual([], self.list_ids(client=self.other))
        self.assertReadOnly(image_id)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('a2a74ffe-c7e9-4956-a03a-a6e37fefac7c')
    def test_project_of_url(self) -> None:
        """A URL with the project of another user is rejected."""
        image_id = self.create_image(mine='1')
        for method, path in (
                ('GET', 'images'), ('GET', f'images/{image_id}'),
                ('DELETE', f'images/{image_id}')):
            with self.case(method, path):
                url = self.other.url(path, self.client.project_id)
                self.assertBadRequest(self.other.send_to(url, method))
        self.assertUnchanged(image_id)
