# SPDX-License-Identifier: Apache-2.0

"""Tests of interrupted migrations, on each database."""

from typing import Any

from alembic import autogenerate
from alembic import migration as alembic_migration
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import migration
from nova_images_compat.db import models
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.db import database_case

load_tests = test_fixtures.optimize_module_test_loader()

CHANGES = ('CREATE', 'INSERT', 'UPDATE', 'ALTER')


class _Killed(Exception):
    """Interrupts a migration."""


class _Changes:
    """Counts the statements that change a database.

    :param last: the number of the statement after which to raise _Killed
    """

    def __init__(self, last: int | None = None) -> None:
        self.number = 0
        self._last = last

    def __call__(
        self, connection: Any, cursor: Any, statement: str, *args: Any,
    ) -> None:
        if statement.split()[0] in CHANGES:
            self.number += 1
            if self.number == self._last:
                raise _Killed


class InterruptedOnSQLite(database_case.NewDatabaseTest):

    def _sync(self, changes: _Changes) -> None:
        sa.event.listen(sa.Engine, 'after_cursor_execute', changes)
        try:
            migration.sync(self.conf)
        finally:
            sa.event.remove(sa.Engine, 'after_cursor_execute', changes)

    def _drop_all(self) -> None:
        with self.engine.begin() as connection:
            there = sa.MetaData()
            there.reflect(connection)
            there.drop_all(connection)

    def test_sync_again_goes_on_after_each_statement(self) -> None:
        every = _Changes()
        self._sync(every)
        self.assertGreater(every.number, len(models.Base.metadata.tables))
        for last in range(1, every.number + 1):
            with self.case(last):
                self._drop_all()
                self.assertRaises(_Killed, self._sync, _Changes(last))
                migration.sync(self.conf)
                self.assertEqual([], self._differences())
                self.assertEqual(
                    models.SCHEMA_VERSION, migration.version(self.conf))

    def _differences(self) -> list[Any]:
        with self.engine.connect() as connection:
            context = alembic_migration.MigrationContext.configure(
                connection, opts={'compare_type': True,
                                  'compare_server_default': True,
                                  'version_table': models.VERSION_TABLE})
            return autogenerate.compare_metadata(
                context, models.Base.metadata)


class InterruptedOnMySQL(databases.OnMySQL, InterruptedOnSQLite):
    pass


class InterruptedOnPostgreSQL(databases.OnPostgreSQL, InterruptedOnSQLite):
    pass
