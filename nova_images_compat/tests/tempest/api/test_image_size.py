# SPDX-License-Identifier: Apache-2.0

"""The size of images, which a policy may hide."""

from typing import Any

from tempest import config
from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base

CONF = config.CONF


class SizeTest(base.ImagesCompatTest):
    """The base class of these tests."""

    def assertSize(self, client: Any, image_id: str, shown: bool) -> None:
        """Check whether the size of the only image of the class is shown."""
        images = client.list_images_with_details(
            {f'property-{base.BATCH}': self.batch})['images']
        self.assertEqual([image_id], [image['id'] for image in images])
        for name, image in (
                ('list', images[0]),
                ('show', client.show_image(image_id)['image'])):
            with self.case(name):
                self.assertEqual(
                    len(base.DATA) if shown else None, image.get(base.SIZE))


class ShownSizeTest(SizeTest):
    """The size if everybody may see it."""

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if CONF.images_compat.size_role:
            raise cls.skipException('the sizes of images are hidden')

    @decorators.idempotent_id('69588ef2-1659-422d-8cea-75e0d7c89b08')
    def test_size_is_shown(self) -> None:
        """The size of an image is shown."""
        self.assertSize(self.client, self.create_image(), shown=True)


class HiddenSizeTest(SizeTest):
    """The size if only a role may see it, for users without the role."""

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.images_compat.size_role:
            raise cls.skipException('the sizes of images are not hidden')

    @decorators.idempotent_id('2862c34c-ba2d-4f7d-a943-3d478b51ab57')
    def test_size_is_hidden(self) -> None:
        """The size of an image is hidden."""
        self.assertSize(self.client, self.create_image(), shown=False)


class SizeRoleTest(SizeTest):
    """The size if only a role may see it, for a user with the role."""

    credentials: list[Any] = []

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        role = CONF.images_compat.size_role
        if not role:
            raise cls.skipException('the sizes of images are not hidden')
        cls.credentials = [['seer', role, 'member']]

    @classmethod
    def setup_clients(cls) -> None:
        cls.client = cls.os_seer.images_compat.ImagesClient()
        cls.glance = cls.os_seer.image_client_v2

    @decorators.idempotent_id('59c28dcc-1689-413a-95b1-d1963b2ac145')
    def test_size_is_shown(self) -> None:
        """The size of an image is shown to a user with the role."""
        self.assertSize(self.client, self.create_image(), shown=True)
