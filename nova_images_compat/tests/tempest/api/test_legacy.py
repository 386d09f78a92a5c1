# SPDX-License-Identifier: Apache-2.0

"""The legacy /v2: the same API, without microversions."""

from tempest import config
from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base
from nova_images_compat.tests.tempest.services import images_client

CONF = config.CONF


class LegacyTest(base.ImagesCompatTest):
    """Each operation at /v2."""

    @classmethod
    def skip_checks(cls) -> None:
        super().skip_checks()
        if not CONF.images_compat.legacy_v2:
            raise cls.skipException('the legacy /v2 is not served')

    @classmethod
    def setup_clients(cls) -> None:
        super().setup_clients()
        service = CONF.images_compat.legacy_catalog_type
        cls.legacy = cls.os_primary.images_compat.LegacyImagesClient(
            **({'service': service} if service else {}))

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.create_image(data=None, one='1')

    @decorators.idempotent_id('fac5afbf-2144-454b-b181-aa600ccd50cb')
    def test_images(self) -> None:
        """Images are the same as at /v2.1, except their links."""
        shown = self.legacy.show_image(self.image_id)['image']
        current = self.client.show_image(self.image_id)['image']
        for link in shown.pop('links'):
            if link['rel'] == 'self':
                with self.case(link):
                    self.assertIn('/v2/', link['href'])
                    self.assertEqual(
                        200, self.legacy.send_to(link['href']).status)
        current.pop('links')
        self.assertEqual(current, shown)
        for detail in (False, True):
            with self.case(detail):
                self.assertEqual(
                    [self.image_id], self.list_ids(detail, self.legacy))
        self.legacy.delete_image(self.image_id)
        self.assertNotFound(
            self.legacy.send('GET', f'images/{self.image_id}'))

    @decorators.idempotent_id('0a5335db-b84b-4f80-8d7d-3ace35304ee7')
    def test_metadata(self) -> None:
        """Metadata is read and written."""
        self.legacy.create_metadata(self.image_id, {'two': '2'})
        self.legacy.set_item(self.image_id, 'three', '3')
        self.legacy.delete_item(self.image_id, 'one')
        self.assertEqual(
            {'two': '2', 'three': '3'}, self.metadata(self.image_id))
        self.assertEqual(
            {'meta': {'two': '2'}},
            self.legacy.show_item(self.image_id, 'two'))
        self.legacy.replace_metadata(self.image_id, {'four': '4'})
        self.assertEqual(
            {'metadata': {'four': '4'}},
            self.legacy.list_metadata(self.image_id))

    @decorators.idempotent_id('670a1b0e-6184-4b2e-9601-1d4f0214eebd')
    def test_microversions_count_for_nothing(self) -> None:
        """Microversions, valid or not, are ignored, and not in responses."""
        for name in (
                images_client.MICROVERSION_HEADER,
                images_client.NOVA_MICROVERSION_HEADER):
            for version in ('2.36', '2.9999', 'nonsense'):
                value = (
                    version if name.startswith('X-')
                    else f'compute {version}')
                with self.case(name, value):
                    answer = self.legacy.send(
                        'GET', f'images/{self.image_id}',
                        headers={name: value})
                    self.assertEqual(200, answer.status, answer.body)
                    self.assertNotIn(name.lower(), answer.headers)

    @decorators.idempotent_id('2b4913bb-c4af-460a-91f5-b737c1b65d62')
    def test_bodies_may_have_more(self) -> None:
        """Other members of a body are ignored, but a value that is not a
        string is rejected.
        """
        root = f'images/{self.image_id}/metadata'
        for method, path, body in (
                ('POST', root, {'metadata': {'two': '2'}}),
                ('PUT', root, {'metadata': {'two': '2'}}),
                ('PUT', f'{root}/two', {'meta': {'two': '2'}})):
            with self.case(method, path):
                answer = self.legacy.send(method, path, {**body, 'more': 1})
                self.assertEqual(200, answer.status, answer.body)
        self.assertBadRequest(self.legacy.send(
            'POST', root, {'metadata': {'two': 2}}))

    @decorators.idempotent_id('f02d8e29-2b8f-4b3c-8624-7123925863f8')
    def test_token_is_needed(self) -> None:
        """Requests without a token are rejected."""
        answer = self.legacy.send_to(self.legacy.url('images'), token='')
        self.assertEqual(401, answer.status)
