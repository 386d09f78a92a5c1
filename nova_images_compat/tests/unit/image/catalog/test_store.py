# SPDX-License-Identifier: Apache-2.0

"""Tests of the catalogue, on each database."""

from collections.abc import Callable
import datetime
from typing import Any
from unittest import mock
import uuid

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()

STATED = '2026-01-31T12:00:00Z'

NO_IDS = ('', 'none', '1', 'a\0b', '\U0001f4bf', 'x' * 1000)


def unlimited(count: int) -> None:
    """Accept any number of metadata items."""


class CatalogOnSQLite(catalogue.CatalogueTest):

    def setUp(self) -> None:
        super().setUp()
        self.store = self.catalogue.store
        self.owner = catalogue.caller()
        self.stranger = catalogue.caller(catalogue.OTHER_PROJECT)

    def _metadata(self, image_id: str) -> dict[str, Any]:
        return self.store.get(self.owner, image_id).metadata

    def _writes(self) -> list[Callable[..., Any]]:
        return [
            lambda context, image_id: self.store.add_metadata(
                context, image_id, {'key': 'new'}, unlimited),
            lambda context, image_id: self.store.replace_metadata(
                context, image_id, {'key': 'new'}, unlimited),
            lambda context, image_id: self.store.remove_metadata(
                context, image_id, 'key')]

    def test_image_has_everything_that_is_shown(self) -> None:
        image_id = self.catalogue.add(
            name='Name ', status='queued', size=2 ** 40, min_ram=512,
            min_disk=7, created_at='2026-01-31T12:00:00.999999+01:00',
            updated_at='2026-02-01T00:00:00Z', key='value',
            mappings='[{"virtual": "ami"}]', block_device_mapping='no JSON')
        shown = image_base.Image(
            image_id, 'Name ', 'queued', 2 ** 40, 512, 7,
            '2026-01-31T11:00:00Z', '2026-02-01T00:00:00Z',
            {'key': 'value', 'mappings': [{'virtual': 'ami'}],
             'block_device_mapping': 'no JSON'})
        self.assertEqual(shown, self.store.get(self.owner, image_id))
        self.assertEqual([shown], self.store.list(
            self.owner, image_base.ImageQuery(with_metadata=True)))
        shown.metadata = {}
        self.assertEqual(
            [shown], self.store.list(self.owner, image_base.ImageQuery()))

    def test_catalogue_has_no_image_service(self) -> None:
        self.assertIsNone(self.store.public_root(self.owner))

    def test_what_is_no_id_is_no_image(self) -> None:
        image_id = self.catalogue.add(key='value')
        calls = [self.store.get, self.store.delete, *self._writes()]
        for unknown in (*NO_IDS, str(uuid.uuid4()), image_id.upper(),
                        image_id.replace('-', ''), f'{{{image_id}}}'):
            for call in calls:
                with self.case(unknown, call):
                    self.assertRaises(
                        exception.ImageNotFound, call, self.owner, unknown)

    def test_image_that_one_does_not_see_is_not_there(self) -> None:
        image_id = self.catalogue.add(key='value')
        for call in (self.store.get, self.store.delete, *self._writes()):
            with self.case(call):
                self.assertRaises(
                    exception.ImageNotFound, call, self.stranger, image_id)

    def test_image_that_one_may_only_see(self) -> None:
        image_id = self.catalogue.add(key='value', visibility='public')
        for context in (self.stranger, catalogue.caller(roles=['reader'])):
            with self.case(context.to_dict()):
                for write in self._writes():
                    with self.case(context.to_dict(), write):
                        self.assertRaises(
                            exception.ImageNotAuthorized, write, context,
                            image_id)
                self.assertRaises(
                    exception.ImageDeleteNotAuthorized, self.store.delete,
                    context, image_id)
        self.assertEqual({'key': 'value'}, self._metadata(image_id))

    def test_deleted_image_is_gone(self) -> None:
        image_id = self.catalogue.add(key='value')
        self.store.delete(self.owner, image_id)
        self.assertRaises(
            exception.ImageNotFound, self.store.get, self.owner, image_id)
        self.assertEqual([], self.catalogue.list(self.owner))

    def test_added_metadata(self) -> None:
        image_id = self.catalogue.add(a='1', b='2', mappings='[]')
        check = mock.Mock()
        self.assertEqual(
            {'a': '1', 'b': 'new', 'c': '3', 'mappings': []},
            self.store.add_metadata(
                self.owner, image_id, {'b': 'new', 'c': '3'}, check))
        check.assert_called_once_with(4)
        self.assertEqual({'a': '1', 'b': 'new', 'c': '3', 'mappings': []},
                         self._metadata(image_id))

    def test_replaced_metadata_leaves_the_image_services_own(self) -> None:
        image_id = self.catalogue.add(a='1', b='2', os_glance_x='own')
        check = mock.Mock()
        self.store.replace_metadata(
            self.owner, image_id, {'b': '2', 'c': '3'}, check)
        check.assert_called_once_with(2)
        self.assertEqual({'b': '2', 'c': '3', 'os_glance_x': 'own'},
                         self._metadata(image_id))

    def test_removed_metadata(self) -> None:
        image_id = self.catalogue.add(a='1', A='2')
        self.store.remove_metadata(self.owner, image_id, 'a')
        self.assertEqual({'A': '2'}, self._metadata(image_id))
        for key in ('a', 'A ', ''):
            with self.case(key):
                self.assertRaises(
                    exception.MetadataKeyNotFound, self.store.remove_metadata,
                    self.owner, image_id, key)

    def test_rejected_metadata_leave_everything(self) -> None:
        image_id = self.catalogue.add(
            a='1', os_glance_x='own', updated_at=STATED)
        add, replace = self.store.add_metadata, self.store.replace_metadata
        too_many = mock.Mock(side_effect=exception.MetadataLimitExceeded)
        for write, metadata, check, error in (
                (add, {'b': '', 'name': ''}, unlimited,
                 exception.ReservedMetadataKey),
                (replace, {'b': '', 'tags': ''}, unlimited,
                 exception.ReservedMetadataKey),
                (add, {'b': '', 'os_glance_y': ''}, unlimited,
                 exception.ImageNotAuthorized),
                (replace, {'b': '', 'os_glance_x': 'new'}, unlimited,
                 exception.ImageNotAuthorized),
                (add, {'b': ''}, too_many, exception.MetadataLimitExceeded),
                (replace, {}, too_many, exception.MetadataLimitExceeded)):
            with self.case(write, metadata, check, error):
                self.assertRaises(
                    error, write, self.owner, image_id, metadata, check)
        self.assertRaises(
            exception.ImageNotAuthorized, self.store.remove_metadata,
            self.owner, image_id, 'os_glance_x')
        kept = self.catalogue.record(image_id)
        self.assertEqual({'a': '1', 'os_glance_x': 'own'}, kept.properties)
        self.assertEqual(datetime.datetime(2026, 1, 31, 12), kept.updated_at)

    def test_writing_what_is_there_leaves_the_time(self) -> None:
        image_id = self.catalogue.add(
            a='1', os_glance_x='own', updated_at=STATED)
        self.store.add_metadata(self.owner, image_id, {'a': '1'}, unlimited)
        self.store.add_metadata(self.owner, image_id, {}, unlimited)
        self.store.replace_metadata(
            self.owner, image_id, {'a': '1', 'os_glance_x': 'own'}, unlimited)
        self.assertEqual(
            STATED, self.store.get(self.owner, image_id).updated_at)
        self.store.remove_metadata(self.owner, image_id, 'a')
        self.assertLess(
            STATED, self.store.get(self.owner, image_id).updated_at)


class CatalogOnMySQL(databases.OnMySQL, CatalogOnSQLite):
    pass


class CatalogOnPostgreSQL(databases.OnPostgreSQL, CatalogOnSQLite):
    pass
