# SPDX-License-Identifier: Apache-2.0

"""Tests of the migrations, on each database."""

import os

from alembic import autogenerate
from alembic import command
from alembic import migration as alembic_migration
from alembic import script
import fixtures
from oslo_config import cfg
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.db import database_case

load_tests = test_fixtures.optimize_module_test_loader()


IMAGES = models.Base.metadata.tables['images']


class MigrationOnSQLite(database_case.NewDatabaseTest):

    def _not_ready(self, url: str) -> str:
        error = self.assertRaises(
            exception.DatabaseNotReady, migration.sync, self.configured(url))
        self.assertNotIn('\n', str(error))
        return str(error)

    def test_migrations_make_the_tables_of_the_models(self) -> None:
        migration.sync(self.conf)
        with self.engine.connect() as connection:
            context = alembic_migration.MigrationContext.configure(
                connection, opts={'compare_type': True,
                                  'compare_server_default': True,
                                  'version_table': models.VERSION_TABLE})
            self.assertEqual([], autogenerate.compare_metadata(
                context, models.Base.metadata))

    def test_comparison_finds_what_is_missing(self) -> None:
        migration.sync(self.conf)
        with self.engine.begin() as connection:
            connection.execute(sa.schema.DropIndex(next(
                index for index in IMAGES.indexes
                if index.name == 'images_by_status')))
            context = alembic_migration.MigrationContext.configure(
                connection, opts={'version_table': models.VERSION_TABLE})
            found = autogenerate.compare_metadata(
                context, models.Base.metadata)
        self.assertEqual(['add_index'], [change[0] for change in found])

    def test_sync_leads_to_the_version_that_the_service_needs(self) -> None:
        migration.sync(self.conf)
        self.assertEqual(models.SCHEMA_VERSION, migration.version(self.conf))

    def test_sync_again_changes_nothing(self) -> None:
        migration.sync(self.conf)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(models.ImageMember).values(
                image_id=self._image(connection), member='m',
                status='accepted', created_at=sa.func.current_timestamp()))
        migration.sync(self.conf)
        with self.engine.connect() as connection:
            self.assertEqual(1, connection.scalar(
                sa.select(sa.func.count()).select_from(models.ImageMember)))

    @staticmethod
    def _image(connection: sa.Connection) -> str:
        now = sa.func.current_timestamp()
        connection.execute(sa.insert(models.Image).values(
            id='i', visibility='shared', status='active', protected=False,
            size=0, min_ram=0, min_disk=0, created_at=now, updated_at=now))
        return 'i'

    def test_sync_keeps_the_images_of_an_older_schema(self) -> None:
        with self.engine.begin() as connection:
            command.upgrade(migration.alembic(connection), '0001')
            image_id = self._image(connection)
        self.assertEqual('0001', migration.version(self.conf))
        migration.sync(self.conf)
        with self.engine.connect() as connection:
            self.assertEqual(image_id, connection.scalar(
                sa.select(models.Image.id)))

    def _set_alembics_own_version(self, version: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(
                'CREATE TABLE alembic_version (version_num VARCHAR(32))'))
            connection.execute(sa.text(
                f"INSERT INTO alembic_version VALUES ('{version}')"))

    def test_another_services_version_is_its_own(self) -> None:
        self._set_alembics_own_version('2903cd72dc14')
        migration.sync(self.conf, force=True)
        self.assertEqual(
            models.SCHEMA_VERSION, migration.version(self.conf))
        with self.engine.connect() as connection:
            self.assertEqual('2903cd72dc14', connection.scalar(
                sa.text('SELECT version_num FROM alembic_version')))

    def test_version_under_alembics_own_name_is_taken_over(self) -> None:
        migration.sync(self.conf)
        with self.engine.begin() as connection:
            connection.execute(sa.text(
                'DROP TABLE nova_images_compat_version'))
        self._set_alembics_own_version(models.SCHEMA_VERSION)
        migration.sync(self.conf)
        self.assertEqual(
            models.SCHEMA_VERSION, migration.version(self.conf))

    def test_newer_schema_is_not_touched(self) -> None:
        migration.sync(self.conf)
        with self.engine.begin() as connection:
            connection.execute(sa.text(
                "UPDATE nova_images_compat_version SET version_num = '9999'"))
        self.assertIn('9999', self._not_ready(self.url))
        self.assertEqual('9999', migration.version(self.conf))

    def test_unmigrated_database_has_no_version_and_is_not_used(self) -> None:
        with self.engine.connect():
            pass
        self.assertIsNone(migration.version(self.conf))
        error = self.assertRaises(
            exception.DatabaseNotReady, db_engine.Database, self.conf)
        self.assertIn(db_engine.SYNC, str(error))
        self.assertIn('none', str(error))

    def test_other_schema_version_is_not_used(self) -> None:
        migration.sync(self.conf)
        with self.engine.begin() as connection:
            connection.execute(sa.text(
                "UPDATE nova_images_compat_version SET version_num = '0000'"))
        error = self.assertRaises(
            exception.DatabaseNotReady, db_engine.Database, self.conf)
        for part in (db_engine.SYNC, '0000', models.SCHEMA_VERSION):
            with self.case(part):
                self.assertIn(part, str(error))


class _OnServer(MigrationOnSQLite):

    def test_missing_database_is_named(self) -> None:
        url = sa.make_url(self.url).set(database='not_there')
        for use in (migration.sync, migration.version, db_engine.Database):
            with self.case(use):
                error = self.assertRaises(
                    exception.DatabaseNotReady, use,
                    self.configured(db_engine.url_text(url)))
                self.assertIn('/not_there', str(error))

    def test_password_is_never_in_a_message(self) -> None:
        url = sa.make_url(self.url).set(
            username='nobody_here', password='pass-word')
        for broken in (url, url.set(**database_case.UNREACHABLE)):
            with self.case(broken):
                message = self._not_ready(db_engine.url_text(broken))
                self.assertIn('nobody_here:***@', message)
                self.assertNotIn('pass-word', message)


class MigrationOnMySQL(databases.OnMySQL, _OnServer):
    pass


class MigrationOnPostgreSQL(databases.OnPostgreSQL, _OnServer):
    pass


# Not a test of its own.
del _OnServer


class MigrationTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def _conf(self, *path: str) -> cfg.ConfigOpts:
        name = os.path.join(self.directory, *path)
        return self.useFixture(
            database_case.configuration(f'sqlite:///{name}')).conf

    def test_newest_migration_is_the_version_of_the_models(self) -> None:
        scripts = script.ScriptDirectory(migration.SCRIPTS)
        self.assertEqual([models.SCHEMA_VERSION], scripts.get_heads())

    def test_sync_makes_the_directory_and_the_file(self) -> None:
        conf = self._conf('not', 'there', 'catalog.sqlite')
        migration.sync(conf)
        db_engine.Database(conf)
        self.assertEqual(
            ['catalog.sqlite'],
            [name for name in os.listdir(
                os.path.join(self.directory, 'not', 'there'))
             if name.endswith('.sqlite')])

    def test_asking_for_the_version_makes_no_file(self) -> None:
        error = self.assertRaises(
            exception.DatabaseNotReady, migration.version,
            self._conf('catalog.sqlite'))
        self.assertIn(db_engine.SYNC, str(error))
        self.assertEqual([], os.listdir(self.directory))

    def test_directory_that_cannot_be_made(self) -> None:
        with open(os.path.join(self.directory, 'file'), 'w'):
            pass
        error = self.assertRaises(
            exception.DatabaseNotReady, migration.sync,
            self._conf('file', 'catalog.sqlite'))
        self.assertIn('/file/catalog.sqlite', str(error))

    def test_file_that_is_no_database(self) -> None:
        with open(os.path.join(self.directory, 'text'), 'w') as file:
            file.write('This is no database. ' * 100)
        for use in (migration.sync, migration.version, db_engine.Database):
            with self.case(use):
                self.assertRaises(
                    exception.DatabaseNotReady, use, self._conf('text'))
