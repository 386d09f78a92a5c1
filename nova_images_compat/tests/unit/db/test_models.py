# SPDX-License-Identifier: Apache-2.0

"""Tests of the properties of the tables."""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from nova_images_compat.db import models
from nova_images_compat.db import types
from nova_images_compat.tests import base

ID_COLUMN = {'images': 'id'}

# InnoDB, DYNAMIC rows.
MYSQL_INDEX_BYTES = 3072


class ModelsTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.tables = list(models.Base.metadata.tables.values())
        self.indexes = [
            (table.name, index)
            for table in self.tables for index in table.indexes]

    def test_every_index_ends_in_the_order_of_lists(self) -> None:
        self.assertNotEqual([], self.indexes)
        for table, index in self.indexes:
            with self.case(index.name):
                last = ID_COLUMN.get(table, 'image_id')
                self.assertEqual(
                    ['created_at', last], index.columns.keys()[-2:])

    def test_everything_about_an_image_goes_with_it(self) -> None:
        keys = {key.parent.table.name: (key.target_fullname, key.ondelete)
                for table in self.tables for key in table.foreign_keys}
        self.assertEqual({
            'image_properties': ('images.id', 'CASCADE'),
            'image_members': ('images.id', 'CASCADE')}, keys)

    def test_names_are_compared_exactly(self) -> None:
        loose = {
            f'{table.name}.{column.name}'
            for table in self.tables for column in table.columns
            if isinstance(column.type, sa.String)
            and not isinstance(column.type, types.ExactText)}
        # Only words of our own, and what has a digest beside it.
        self.assertEqual({
            'images.visibility', 'images.status', 'image_members.status',
            'image_properties.value'}, loose)

    def test_mysql_holds_every_character_and_transactions(self) -> None:
        for table in self.tables:
            with self.case(table.name):
                options = table.dialect_options['mysql']
                self.assertEqual(
                    ('InnoDB', 'utf8mb4'),
                    (options['engine'], options['charset']))

    def test_indexes_fit_into_mysqls(self) -> None:
        for table, index in self.indexes:
            with self.case(index.name):
                length = sum(self._bytes(column) for column in index.columns)
                self.assertLessEqual(length, MYSQL_INDEX_BYTES)

    @staticmethod
    def _bytes(column: sa.Column) -> int:
        kept_as = column.type.dialect_impl(mysql.dialect())
        if isinstance(column.type, types.ExactText):
            kept_as = column.type.load_dialect_impl(mysql.dialect())
            return kept_as.length + 2
        if isinstance(kept_as, sa.String):
            return (kept_as.length or 0) * types.UTF8_BYTES + 2
        return 8
