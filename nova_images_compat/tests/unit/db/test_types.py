# SPDX-License-Identifier: Apache-2.0

"""Tests of the column types, on each database."""

import datetime
from typing import Any

import fixtures
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import types
from nova_images_compat.tests import base
from nova_images_compat.tests import databases

load_tests = test_fixtures.optimize_module_test_loader()

TABLE = sa.Table(
    'kept', sa.MetaData(),
    sa.Column('number', sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column('short', types.ExactText(8)),
    sa.Column('long', types.long_text()),
    sa.Column('time', types.timestamp()),
    mysql_engine='InnoDB', mysql_charset='utf8mb4')


class TypesOnSQLite(databases.OnSQLite, base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        url = db_engine.database_url(
            self.database_url or f'sqlite:///{directory}/types.sqlite')
        connected = sa.create_engine(url, poolclass=sa.NullPool)
        self.connection = connected.connect()
        self.addCleanup(self.connection.close)
        TABLE.create(self.connection)

    def _keep(self, column: str, *values: Any) -> None:
        self.connection.execute(sa.insert(TABLE), [
            {'number': number, column: value}
            for number, value in enumerate(values)])

    def _numbers(self, *conditions: Any) -> list[int]:
        return list(self.connection.scalars(
            sa.select(TABLE.c.number).where(*conditions)
            .order_by(TABLE.c.number)))

    def _kept(self, column: str) -> list[Any]:
        return list(self.connection.scalars(
            sa.select(TABLE.c[column]).order_by(TABLE.c.number)))

    def test_short_text_comes_back_as_it_went_in(self) -> None:
        values = ['', 'a ', 'Ä', '\U0001f4bf' * 8, "'\\%_", '\r\n\t', None]
        self._keep('short', *values)
        self.assertEqual(values, self._kept('short'))

    def test_short_text_equals_nothing_but_itself(self) -> None:
        values = ['a', 'A', 'a ', 'ä', 'a\u0308', 'á', '']
        self._keep('short', *values)
        for number, value in enumerate(values):
            with self.case(number, value):
                self.assertEqual(
                    [number], self._numbers(TABLE.c.short == value))
                self.assertEqual(
                    [number], self._numbers(TABLE.c.short.in_([value])))

    def test_short_text_is_distinct_as_a_key(self) -> None:
        unique = sa.Index('one_of_each', TABLE.c.short, unique=True)
        self.addCleanup(TABLE.indexes.discard, unique)
        unique.create(self.connection)
        self._keep('short', 'k', 'K', 'k ', 'ĸ')
        self.assertEqual(['k', 'K', 'k ', 'ĸ'], self._kept('short'))

    def test_long_text_holds_60000_characters_of_four_bytes(self) -> None:
        values = ['\U0001f4bf' * 60000, 'x' * 65535, '']
        self._keep('long', *values)
        self.assertEqual(values, self._kept('long'))

    def test_time_is_kept_to_the_microsecond(self) -> None:
        values = [datetime.datetime(2026, 1, 31, 12, 0, 0, 123456),
                  datetime.datetime(2026, 1, 31, 12, 0, 0, 999999),
                  datetime.datetime(1000, 1, 1),
                  datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)]
        self._keep('time', *values)
        self.assertEqual(values, self._kept('time'))
        self.assertEqual([1, 3], self._numbers(TABLE.c.time > values[0]))


class TypesOnMySQL(databases.OnMySQL, TypesOnSQLite):
    pass


class TypesOnPostgreSQL(databases.OnPostgreSQL, TypesOnSQLite):
    pass
