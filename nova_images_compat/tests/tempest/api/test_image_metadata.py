# SPDX-License-Identifier: Apache-2.0

"""The metadata of images."""

from typing import Any
import uuid

from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base


class ImageMetadataTest(base.ImagesCompatTest):
    """Each operation, on an image of the test's own."""

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.create_image(one='1', two='2')

    def assertMetadata(self, **expected: str) -> None:
        """Check an image's metadata, here and in the Image service."""
        self.assertEqual(expected, self.metadata(self.image_id))
        image = self.glance.show_image(self.image_id)
        self.assertEqual(expected, {key: image.get(key) for key in expected})

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('65ff1dbf-df2d-41ef-97f3-e3b3243ae04c')
    def test_list(self) -> None:
        """A list has all items, as the image itself does."""
        self.assertMetadata(one='1', two='2')
        self.assertEqual(
            self.client.show_image(self.image_id)['image']['metadata'],
            self.client.list_metadata(self.image_id)['metadata'])

    @decorators.idempotent_id('cbc77d56-a204-435b-ad35-e18adc57074c')
    def test_create(self) -> None:
        """Items are added, or replace items with their keys."""
        answer = self.client.create_metadata(
            self.image_id, {'two': 'b', 'three': 'c'})
        self.assertEqual(
            {base.BATCH: self.batch, 'one': '1', 'two': 'b', 'three': 'c'},
            answer['metadata'])
        self.assertMetadata(one='1', two='b', three='c')

    @decorators.idempotent_id('9fc7a7f7-7684-4d2a-b5df-f59807f4791c')
    def test_replace(self) -> None:
        """Items replace all existing items."""
        answer = self.client.replace_metadata(
            self.image_id, {'two': 'b', 'three': 'c'})
        self.assertEqual({'two': 'b', 'three': 'c'}, answer['metadata'])
        self.assertMetadata(two='b', three='c')
        self.assertNotIn('one', self.glance.show_image(self.image_id))

    @decorators.idempotent_id('3d9f1c0b-58a4-4e27-b6f1-7a2c94e05d83')
    def test_keys_that_may_have_a_schema(self) -> None:
        """UUIDs are stored as sent, with any property schema of Glance."""
        metadata = {
            'kernel_id': str(uuid.uuid4()), 'ramdisk_id': str(uuid.uuid4())}
        self.client.replace_metadata(self.image_id, metadata)
        self.assertMetadata(**metadata)

    @decorators.idempotent_id('7f8fbd3e-b5bc-4906-83d1-96df20dcbbf7')
    def test_replace_with_nothing(self) -> None:
        """No item remains if none is sent."""
        self.client.replace_metadata(self.image_id, {})
        self.assertMetadata()
        self.assertNotIn('one', self.glance.show_image(self.image_id))

    @decorators.idempotent_id('7e4db369-232c-4278-af42-60d7ae552bc8')
    def test_show_item(self) -> None:
        """One item is shown."""
        self.assertEqual(
            {'meta': {'two': '2'}},
            self.client.show_item(self.image_id, 'two'))

    @decorators.idempotent_id('42808b30-1e91-4576-95e5-15a3dfa4be06')
    def test_set_item(self) -> None:
        """One item is changed, or created."""
        for key in ('two', 'three'):
            with self.case(key):
                self.assertEqual(
                    {'meta': {key: 'x'}},
                    self.client.set_item(self.image_id, key, 'x'))
        self.assertMetadata(one='1', two='x', three='x')

    @decorators.idempotent_id('472efe3d-df4e-40ad-9d93-bd672f0fde68')
    def test_delete_item(self) -> None:
        """One item is deleted."""
        self.client.delete_item(self.image_id, 'one')
        self.assertMetadata(two='2')
        self.assertNotIn('one', self.glance.show_image(self.image_id))

    @decorators.idempotent_id('f7dc5579-277d-4e5e-8edb-2d9ca3a40782')
    def test_unusual_items(self) -> None:
        """Keys may have spaces; values may be empty, or in any script."""
        self.client.set_item(self.image_id, 'with space', '')
        self.client.set_item(self.image_id, 'two', 'gr\xfc\xdfe \u6771\u4eac')
        self.assertEqual(
            {'one': '1', 'with space': '', 'two': 'gr\xfc\xdfe \u6771\u4eac'},
            self.metadata(self.image_id))
        self.client.delete_item(self.image_id, 'with space')
        self.assertNotIn('with space', self.metadata(self.image_id))

    @decorators.idempotent_id('b39ccb20-efa8-4e7d-9e7e-37d2a89f9494')
    def test_item_that_is_not_there(self) -> None:
        """A missing item is not found."""
        for method in ('GET', 'DELETE'):
            with self.case(method):
                self.assertNotFound(self.client.send(
                    method, f'images/{self.image_id}/metadata/none'))
        self.assertMetadata(one='1', two='2')

    @decorators.idempotent_id('5decdf3e-fb86-417c-a1b7-eb474ea0a00a')
    def test_image_that_is_not_there(self) -> None:
        """The metadata of a missing image is not found."""
        for method, path, body in base.metadata_operations(
                str(uuid.uuid4())):
            with self.case(method, path, body):
                self.assertNotFound(self.client.send(method, path, body))

    @decorators.idempotent_id('e5b16b04-5dfc-4b69-9039-7d6cf5305783')
    def test_bad_bodies(self) -> None:
        """An invalid body is rejected, and nothing is written."""
        root = f'images/{self.image_id}/metadata'
        for_all: tuple[Any, ...] = (
            {}, {'meta': {'one': 'x'}}, {'metadata': 'one'},
            {'metadata': {'one': 1}}, {'metadata': {'one': None}},
            {'metadata': {'': 'x'}}, {'metadata': {'k' * 256: 'x'}},
            {'metadata': {'one': 'v' * 256}},
            {'metadata': {'one': 'x'}, 'more': 'y'})
        for_one: tuple[Any, ...] = (
            {}, {'metadata': {'one': 'x'}}, {'meta': {}},
            {'meta': {'two': 'x'}}, {'meta': {'one': 1}},
            {'meta': {'one': 'x', 'two': 'x'}})
        for method, path, bodies in (
                ('POST', root, for_all), ('PUT', root, for_all),
                ('PUT', f'{root}/one', for_one)):
            for body in bodies:
                with self.case(method, path, body):
                    self.assertBadRequest(
                        self.client.send(method, path, body))
        self.assertMetadata(one='1', two='2')
