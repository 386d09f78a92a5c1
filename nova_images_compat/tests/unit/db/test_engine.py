# SPDX-License-Identifier: Apache-2.0

"""Tests of the connection to the database."""

import os
import socket
from typing import Any
from unittest import mock

import fixtures
from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_db import options as db_options
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.db import models
from nova_images_compat.db import pooled
from nova_images_compat import exception
from nova_images_compat.tests import base
from nova_images_compat.tests.unit.db import database_case

SERVERS = ('mysql+pymysql', 'postgresql+psycopg2')


class DatabaseURLTest(base.TestCase):

    def test_what_is_no_url(self) -> None:
        for text in ('', 'catalog.sqlite', 'mysql:/u:pass-word@h/d',
                     'mysql+pymysql://u:pass-word@h:port/d',
                     'mysql+pymysql://u:pass-word/d'):
            with self.case(text):
                error = self.assertRaises(
                    exception.DatabaseNotReady, db_engine.database_url, text)
                self.assertNotIn('pass-word', str(error))

    def test_mysql_takes_every_character(self) -> None:
        for backend in ('mysql+pymysql', 'mariadb+pymysql'):
            with self.case(backend):
                url = db_engine.database_url(f'{backend}://u:p@h/d')
                self.assertEqual('utf8mb4', url.query['charset'])

    def test_operators_own_parameters_win(self) -> None:
        url = db_engine.database_url('mysql+pymysql://u:p@h/d?charset=utf8mb3')
        self.assertEqual({'charset': 'utf8mb3'}, dict(url.query))
        url = db_engine.database_url('sqlite:////file?timeout=1')
        self.assertEqual('1', url.query['timeout'])

    def test_sqlite_waits_for_its_writer(self) -> None:
        url = db_engine.database_url('sqlite:////file')
        self.assertEqual('5', url.query['timeout'])

    def test_name_of_hides_password_and_parameters(self) -> None:
        url = sa.make_url('mysql+pymysql://u:word@h:1/d?ssl_key=k&password=x')
        self.assertEqual('mysql+pymysql://u:***@h:1/d', db_engine.name_of(url))

    def test_text_of_a_url_can_be_read_again(self) -> None:
        url = sa.make_url('postgresql://u@h/d').set(password='a:b@c/d%?#')
        self.assertEqual(url, sa.make_url(db_engine.url_text(url)))


class DatabaseTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def _conf(self, url: str) -> cfg.ConfigOpts:
        return self.useFixture(database_case.configuration(url)).conf

    def _not_ready(self, url: str) -> str:
        error = self.assertRaises(
            exception.DatabaseNotReady, db_engine.Database, self._conf(url))
        self.assertNotIn('\n', str(error))
        return str(error)

    def _database(self, name: str) -> db_engine.Database:
        conf = self._conf(f'sqlite:///{self.directory}/{name}')
        migration.sync(conf)
        database = db_engine.Database(conf)
        self.addCleanup(database_case.engine_of(database).dispose)
        return database

    def test_missing_file_is_not_made_and_the_command_named(self) -> None:
        message = self._not_ready(f'sqlite:///{self.directory}/none.sqlite')
        self.assertIn('/none.sqlite', message)
        self.assertIn('nova-images-compat-manage db sync', message)
        self.assertEqual([], os.listdir(self.directory))

    def test_database_in_memory_is_no_use(self) -> None:
        for url in ('sqlite://', 'sqlite:///:memory:'):
            with self.case(url):
                self.assertIn('name a file', self._not_ready(url))

    def test_urls_that_name_no_driver(self) -> None:
        for backend in (*SERVERS, 'mariadb+pymysql'):
            with self.case(backend):
                url = db_engine.database_url(
                    f'{backend.partition("+")[0]}://h/d')
                self.assertEqual(backend, url.drivername)

    def test_unreachable_server_is_one_line(self) -> None:
        for backend in SERVERS:
            with self.case(backend):
                message = self._not_ready(
                    f'{backend}://u:pass-word@127.0.0.1:1/d')
                self.assertIn(f'{backend}://u:***@127.0.0.1:1/d', message)
                self.assertIn('refused', message)
                self.assertNotIn('pass-word', message)

    def test_unknown_and_missing_drivers(self) -> None:
        for backend in ('nosuch', 'mysql+nosuch', 'oracle+cx_oracle'):
            with self.case(backend):
                message = self._not_ready(f'{backend}://u:pass-word@h/d')
                self.assertIn(f'{backend}://u:***@h/d', message)
                self.assertNotIn('pass-word', message)

    def test_parameter_that_the_driver_does_not_know(self) -> None:
        for backend in SERVERS:
            with self.case(backend):
                message = self._not_ready(
                    f'{backend}://u:pass-word@127.0.0.1:1/d?nosuch=1')
                self.assertIn('nosuch', message)
                self.assertNotIn('pass-word', message)

    def test_connections_that_no_driver_takes(self) -> None:
        with open(f'{self.directory}/file', 'w'):
            pass
        for url, reason in (
                ('mysql+pymysql://u:pass-word@h', 'does not name a database'),
                ('mysql://u:pass-word@h/', 'does not name a database'),
                ('mysql+pymysql://u:pass-word@h/d?charset=nosuch',
                 'charset=nosuch'),
                ('mysql+pymysql://u:pass-word@h/d?charset=latin1',
                 'utf8mb4'),
                ('mysql+pymysql://u:pass-word@h/d?read_timeout=soon',
                 'soon'),
                ('mysql+pymysql://u:pass-word@h/d?ssl=true', 'ssl_ca'),
                ('mysql+pymysql://u:pass-word@127.0.0.1/d?ssl_ca=/nosuch',
                 'No such file'),
                (f'sqlite:///{self.directory}/file?timeout=soon', 'soon'),
                ('oracle://u:pass-word@h/d', 'PostgreSQL'),
                ('http://u:pass-word@h/d', 'PostgreSQL')):
            with self.case(url):
                message = self._not_ready(url)
                self.assertIn('[database] connection', message)
                self.assertIn(reason, message)
                self.assertNotIn('pass-word', message)

    def test_pool_of_less_than_no_connections(self) -> None:
        conf = self.useFixture(database_case.configuration(
            'mysql+pymysql://root@127.0.0.1/mysql', max_overflow='-5')).conf
        error = self.assertRaises(
            exception.DatabaseNotReady, db_engine.Database, conf)
        self.assertIn('[database] max_overflow', str(error))

    def test_server_that_takes_connections_and_never_answers(self) -> None:
        self.useFixture(fixtures.MockPatchObject(
            db_engine, 'CONNECT_TIMEOUT', '2'))
        self.useFixture(fixtures.MockPatchObject(
            db_engine, 'READ_TIMEOUT', '1'))
        mute = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(mute.close)
        for backend in SERVERS:
            for patient in (True, False):
                with self.case(backend, patient):
                    conf = self._conf(f'{backend}://u:pass-word@127.0.0.1:'
                                      f'{mute.getsockname()[1]}/d')
                    error = self.assertRaises(
                        exception.DatabaseUnreachable, db_engine.Database,
                        conf, patient)
                    self.assertIn('127.0.0.1', str(error))

    def test_database_of_a_newer_service(self) -> None:
        with self._database('catalog.sqlite').writer() as connection:
            connection.execute(sa.text(
                "UPDATE nova_images_compat_version SET version_num = '9999'"))
        message = self._not_ready(f'sqlite:///{self.directory}/catalog.sqlite')
        self.assertIn('newer', message)
        self.assertNotIn(db_engine.SYNC, message)

    def test_databases_of_one_process_are_apart(self) -> None:
        first, second = self._database('1.sqlite'), self._database('2.sqlite')
        with first.writer() as one, second.writer() as other:
            one.execute(sa.text("UPDATE nova_images_compat_version SET "
                                "version_num = 'mine'"))
            self.assertEqual(
                models.SCHEMA_VERSION, db_engine.schema_version(other))
        with first.reader() as one, second.reader() as other:
            self.assertEqual('mine', db_engine.schema_version(one))
            self.assertEqual(
                models.SCHEMA_VERSION, db_engine.schema_version(other))

    def test_global_configuration_is_not_touched(self) -> None:
        before = set(cfg.CONF)
        self._database('catalog.sqlite')
        self.assertEqual(before, set(cfg.CONF))

    def test_writer_that_fails_leaves_nothing(self) -> None:
        database = self._database('catalog.sqlite')

        def write() -> None:
            with database.writer() as connection:
                connection.execute(
                    sa.text('DELETE FROM nova_images_compat_version'))
                raise LookupError

        self.assertRaises(LookupError, write)
        with database.reader() as connection:
            self.assertEqual(
                models.SCHEMA_VERSION, db_engine.schema_version(connection))

    def test_transaction_after_a_failing_read_leaves_nothing(self) -> None:
        database = self._database('catalog.sqlite')

        def fail(connection: sa.Connection) -> None:
            raise LookupError

        def write() -> None:
            with database.writer() as connection:
                connection.execute(
                    sa.text('DELETE FROM nova_images_compat_version'))
                raise LookupError

        self.assertRaises(LookupError, database.read, fail)
        self.assertRaises(LookupError, write)
        self.assertEqual(
            models.SCHEMA_VERSION, database.read(db_engine.schema_version))

    def _reads(self) -> int:
        """Return how often a read is tried whose connection is lost."""
        database = self._database('catalog.sqlite')
        tries: list[sa.Connection] = []

        def lose(connection: sa.Connection) -> None:
            tries.append(connection)
            raise db_exception.DBConnectionError

        self.assertRaises(
            db_exception.DBConnectionError, database.read, lose)
        return len(tries)

    def test_read_is_repeated_once_unless_it_timed_out(self) -> None:
        self.assertEqual(2, self._reads())
        self.useFixture(fixtures.MockPatchObject(
            pooled, 'LOST_TIME', -1.0))
        self.assertEqual(1, self._reads())

    def test_sqlite_reads_beside_a_writer_and_keeps_references(self) -> None:
        with self._database('catalog.sqlite').reader() as connection:
            pragmas = {
                name: connection.scalar(sa.text(f'PRAGMA {name}'))
                for name in ('journal_mode', 'foreign_keys', 'busy_timeout')}
        self.assertEqual(
            {'journal_mode': 'wal', 'foreign_keys': 1, 'busy_timeout': 5000},
            pragmas)

    def _synchronous(self, **options: Any) -> int:
        conf = self.useFixture(database_case.configuration(
            f'sqlite:///{self.directory}/catalog.sqlite', **options)).conf
        migration.sync(conf)
        database = db_engine.Database(conf)
        self.addCleanup(database.dispose)
        with database.reader() as connection:
            return connection.scalars(sa.text('PRAGMA synchronous')).one()

    def test_sqlite_is_as_durable_as_the_options_say(self) -> None:
        self.assertEqual(1, self._synchronous())
        self.assertEqual(0, self._synchronous(sqlite_synchronous=False))

    def test_options_of_the_pool(self) -> None:
        create = self.useFixture(fixtures.MockPatchObject(
            db_engine.engines, 'create_engine',
            side_effect=sa.exc.ArgumentError('enough'))).mock
        options = {
            'connection_debug': 50, 'connection_parameters': 'a=b',
            'connection_recycle_time': 7, 'connection_trace': True,
            'max_overflow': 2, 'max_pool_size': 3, 'max_retries': 4,
            'mysql_sql_mode': 'ANSI', 'mysql_wsrep_sync_wait': 1,
            'pool_timeout': 5, 'retry_interval': 6,
            'sqlite_synchronous': False}
        conf = self.useFixture(database_case.configuration(
            'mysql://u@h/d', **options)).conf
        for patient, retries in ((True, 4), (False, 0)):
            with self.case(patient):
                self.assertRaises(
                    exception.DatabaseNotReady, db_engine.Database, conf,
                    patient)
                create.assert_called_with(
                    mock.ANY, sqlite_fk=True, thread_checkin=False,
                    **{**options, 'max_retries': retries})

    def _need_replica_options(self) -> None:
        if 'synchronous_reader' not in {
                option.name for option in db_options.database_opts}:
            self.skipTest('This oslo.db has no synchronous_reader')

    def test_reads_come_from_the_replica(self) -> None:
        self._need_replica_options()
        urls = []
        for name in ('main', 'replica'):
            urls.append(f'sqlite:///{self.directory}/{name}.sqlite')
            migration.sync(self._conf(urls[-1]))
        cases: tuple[tuple[dict[str, bool], str], ...] = (
            ({}, 'main'), ({'synchronous_reader': True}, 'main'),
            ({'synchronous_reader': False}, 'replica'))
        for options, expected in cases:
            with self.case(options):
                database = db_engine.Database(self.useFixture(
                    database_case.configuration(
                        urls[0], slave_connection=urls[1], **options)).conf)
                self.addCleanup(database.dispose)
                with database.reader() as reader, (
                        database.writer()) as writer:
                    self.assertIn(expected, str(reader.engine.url))
                    self.assertIn('main', str(writer.engine.url))

    def test_invalid_replica_is_named(self) -> None:
        self._need_replica_options()
        url = f'sqlite:///{self.directory}/main.sqlite'
        migration.sync(self._conf(url))
        conf = self.useFixture(database_case.configuration(
            url, slave_connection='nonsense', synchronous_reader=False)).conf
        error = self.assertRaises(
            exception.DatabaseNotReady, db_engine.Database, conf)
        self.assertIn('[database] slave_connection', str(error))
