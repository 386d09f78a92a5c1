# SPDX-License-Identifier: Apache-2.0

"""Tests of databases that have the tables of another service."""

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import migration
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.db import database_case

load_tests = test_fixtures.optimize_module_test_loader()

NOVA = ('agent_builds', 'aggregate_hosts', 'aggregate_metadata',
        'aggregates', 'instances')


class ForeignOnSQLite(database_case.NewDatabaseTest):

    def _create(self, *names: str) -> None:
        with self.engine.begin() as connection:
            for name in names:
                connection.execute(sa.text(
                    f'CREATE TABLE {name} (id INTEGER PRIMARY KEY)'))

    def _tables(self) -> set[str]:
        return set(sa.inspect(self.engine).get_table_names())

    def _rejected(self, force: bool = False) -> str:
        before = self._tables()
        error = self.assertRaises(
            exception.DatabaseNotReady, migration.sync, self.conf, force)
        self.assertEqual(before, self._tables())
        self.assertNotIn('\n', str(error))
        return str(error)

    def test_another_services_database_is_rejected(self) -> None:
        self._create(*NOVA)
        message = self._rejected()
        self.assertIn('[database] connection', message)
        self.assertIn('--force', message)
        self.assertIn(
            'agent_builds, aggregate_hosts, aggregate_metadata and 2 more',
            message)

    def test_tables_are_created_beside_others_when_forced(self) -> None:
        self._create(*NOVA)
        migration.sync(self.conf, force=True)
        self.assertEqual({
            *NOVA, models.VERSION_TABLE, *models.Base.metadata.tables},
            self._tables())

    def test_database_that_was_forced_is_the_catalogues_from_then_on(
        self,
    ) -> None:
        self._create(*NOVA)
        migration.sync(self.conf, force=True)
        migration.sync(self.conf)
        self.assertEqual(models.SCHEMA_VERSION, migration.version(self.conf))

    def test_tables_of_the_same_names_are_left_alone(self) -> None:
        self._create('images', 'image_locations')
        for force in (False, True):
            with self.case(force):
                message = self._rejected(force)
                self.assertIn('images', message)
                self.assertNotIn('--force', message)

    def test_version_of_another_service_is_left_alone(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(
                'CREATE TABLE alembic_version (version_num VARCHAR(32))'))
            connection.execute(sa.text(
                "INSERT INTO alembic_version VALUES ('0001')"))
        self.assertIn('alembic_version', self._rejected())


class ForeignOnMySQL(databases.OnMySQL, ForeignOnSQLite):
    pass


class ForeignOnPostgreSQL(databases.OnPostgreSQL, ForeignOnSQLite):
    pass
