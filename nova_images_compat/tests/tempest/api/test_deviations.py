# SPDX-License-Identifier: Apache-2.0

"""Deviations from errors of Nova: if Nova itself serves this API, these tests
fail. The numbers are those of the contract."""

import io
from urllib import parse

import jsonschema
from tempest.common import waiters
from tempest import config
from tempest.lib.common.utils import test_utils
from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base

CONF = config.CONF

# Attributes of images in the Image service, of each type.
ATTRIBUTES = (
    'name', 'status', 'visibility', 'protected', 'tags', 'owner', 'size',
    'min_ram', 'min_disk', 'checksum', 'id', 'schema', 'file', 'created_at',
    'disk_format', 'container_format', 'os_hidden', 'locations')

IMPORT_TASK = 'os_glance_import_task'


class MetadataDeviationsTest(base.ImagesCompatTest):
    """Deviations in metadata."""

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.create_image(one='1', two='2')
        self.root = f'images/{self.image_id}/metadata'

    @decorators.idempotent_id('c2af5421-0eed-473f-a19c-d66322ba1270')
    def test_d1_key_that_names_an_attribute(self) -> None:
        """D1: a key that is an attribute of images is rejected, the message
        names it, and nothing is written.
        """
        before = self.glance.show_image(self.image_id)
        for key in ATTRIBUTES:
            for method, path, body in (
                    ('POST', self.root, {'metadata': {'new': 'x', key: 'x'}}),
                    ('PUT', self.root, {'metadata': {'new': 'x', key: 'x'}}),
                    ('PUT', f'{self.root}/{key}', {'meta': {key: 'x'}})):
                with self.case(method, path, body):
                    message = self.assertBadRequest(
                        self.client.send(method, path, body))
                    self.assertIn(key, message)
        after = self.glance.show_image(self.image_id)
        self.assertEqual(dict(before), dict(after))

    @decorators.idempotent_id('5e8069b5-3452-4ad9-b06c-7fe89a8c9236')
    def test_d1_ordinary_keys(self) -> None:
        """D1: keys that are similar to attributes are stored as sent."""
        metadata = {'remove_props': 'x', 'image': 'y'}
        self.client.replace_metadata(self.image_id, metadata)
        self.assertEqual(metadata, self.metadata(self.image_id))

    @decorators.idempotent_id('0b6c9a52-7d3e-4f18-9a64-c1e2d7b8f530')
    def test_d1_value_none(self) -> None:
        """D1: "none" is stored as sent, or rejected with the Image service's
        message if that has a property schema that excludes it, as in DevStack:
        there, the value of these keys must be a UUID.
        """
        schema = self.os_primary.schemas_client.show_schema('image')
        expected = self.metadata(self.image_id)
        for key in ('kernel_id', 'ramdisk_id'):
            value = schema['properties'].get(key, {})
            accepted = jsonschema.Draft4Validator(value).is_valid('none')
            with self.case(key, accepted):
                answer = self.client.send(
                    'POST', self.root, {'metadata': {'new': 'x', key: 'none'}})
                if accepted:
                    self.assertEqual(200, answer.status, answer.body)
                    expected |= {'new': 'x', key: 'none'}
                else:
                    message = self.assertBadRequest(answer)
                    self.assertIn("'none'", message)
                self.assertEqual(expected, self.metadata(self.image_id))

    @decorators.idempotent_id('2194f55c-69d7-400b-b828-5689a78731ce')
    def test_d2_value_that_moves(self) -> None:
        """D2: a new key may have the value of a key that it replaces."""
        self.client.replace_metadata(self.image_id, {'moved': '1'})
        self.assertEqual({'moved': '1'}, self.metadata(self.image_id))

    @decorators.idempotent_id('58846f64-269f-464b-95b3-1adb49f0576a')
    def test_d13_query(self) -> None:
        """D13: unknown parameters of a query are ignored."""
        for path in (self.root, f'{self.root}/one'):
            with self.case(path):
                plain = self.client.send('GET', path)
                self.assertEqual(200, plain.status)
                answer = self.client.send('GET', f'{path}?a=b')
                self.assertEqual(
                    (200, plain.body), (answer.status, answer.body))


class VisibilityDeviationTest(base.ImagesCompatTest):
    """Deviations for shared images."""

    credentials = ['primary', 'alt']

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        cls.other = cls.os_alt.images_compat.ImagesClient()

    @decorators.idempotent_id('4f2d31ee-301b-4b5b-9522-b4575ab2861f')
    def test_visibility_stays(self) -> None:
        """D22: writes of metadata do not change the visibility of an
        image.
        """
        image_id = self.create_image(mine='1', visibility='shared')
        self.os_primary.image_member_client_v2.create_image_member(
            image_id, member=self.other.project_id)
        self.client.create_metadata(image_id, {'two': '2'})
        self.client.replace_metadata(image_id, {'three': '3'})
        self.client.set_item(image_id, 'four', '4')
        self.client.delete_item(image_id, 'three')
        self.assertEqual(
            'shared', self.glance.show_image(image_id)['visibility'])
        self.assertEqual(
            {'metadata': {'four': '4'}},
            self.other.list_metadata(image_id))


class ListDeviationsTest(base.ImagesCompatTest):
    """Deviations in lists and links."""

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        cls.active = cls.create_shared_image(
            os_type='linux', property_type='farm')
        cls.queued = cls.create_shared_image(
            os_type='windows', property_type='house', data=None)

    @decorators.idempotent_id('060cea34-9969-4713-91d4-663a2cb529cf')
    def test_d3_key_of_filter(self) -> None:
        """D3: a filter finds a key, whatever its first letters are."""
        for detail in (False, True):
            for key, value, found in (
                    ('os_type', 'linux', [self.active]),
                    ('property_type', 'house', [self.queued])):
                with self.case(detail, key, value):
                    self.assertEqual(found, self.list_ids(
                        detail, params={f'property-{key}': value}))

    @decorators.idempotent_id('7ad0857d-86a2-40be-8641-79781ea377ce')
    def test_d4_status_as_shown(self) -> None:
        """D4: a filter finds images by the status that this API shows, and by
        that of the Image service.
        """
        for detail in (False, True):
            for status, found in (
                    ('SAVING', [self.queued]), ('queued', [self.queued]),
                    ('ACTIVE', [self.active]), ('active', [self.active]),
                    ('ERROR', []), ('UNKNOWN', [])):
                with self.case(detail, status):
                    self.assertEqual(found, self.list_ids(
                        detail, params={'status': status}))

    @decorators.idempotent_id('33ad25b8-4054-40df-8b9a-58158a789452')
    def test_d5_alternate_link(self) -> None:
        """D5: the link to the Image service has no empty segment."""
        [link] = [
            link for link in
            self.client.show_image(self.active)['image']['links']
            if link['rel'] == 'alternate']
        self.assertNotIn('//', parse.urlsplit(link['href']).path)


class ImportDeviationsTest(base.ImagesCompatTest):
    """Deviations for images of the interoperable import."""

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.image_feature_enabled.import_image:
            raise cls.skipException('the Image service imports no images')

    def stage(self) -> str:
        image_id = self.create_image(data=None, one='1')
        self.glance.stage_image_file(image_id, io.BytesIO(base.DATA))
        return image_id

    @decorators.idempotent_id('53d2efd7-ae77-43df-9e37-bdc70fdcfad6')
    def test_d4_status_of_staged_image(self) -> None:
        """D4: a filter finds images during their import."""
        image_id = self.stage()
        shown = self.client.show_image(image_id)['image']
        self.assertEqual('UNKNOWN', shown['status'])
        for status in ('UNKNOWN', 'uploading'):
            with self.case(status):
                self.assertEqual(
                    [image_id], self.list_ids(params={'status': status}))

    @decorators.idempotent_id('b0629691-b0e2-470c-9b8f-4975f2dcebf0')
    def test_d16_imported_image(self) -> None:
        """D16: the metadata of an imported image can be replaced, except the
        properties that the Image service added.
        """
        image_id = self.stage()
        self.glance.image_import(image_id)
        waiters.wait_for_image_imported_to_stores(self.glance, image_id)
        # Glance removes this one a moment later.
        self.assertTrue(test_utils.call_until_true(
            lambda: IMPORT_TASK not in self.metadata(image_id),
            CONF.image.build_timeout, CONF.image.build_interval))
        added = {
            key: value for key, value in self.metadata(image_id).items()
            if key.startswith('os_glance_')}
        answer = self.client.replace_metadata(image_id, {'only': 'me'})
        self.assertEqual({'metadata': {'only': 'me'}}, answer)
        self.assertEqual(
            {'only': 'me', **added}, self.metadata(image_id))
