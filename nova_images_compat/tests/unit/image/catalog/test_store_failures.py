# SPDX-License-Identifier: Apache-2.0

"""Tests of the catalogue with failures of its database, on each database."""

from collections.abc import Callable
import os
import sqlite3
from typing import Any

import fixtures
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.db import database_case
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()


class FailuresOnSQLite(catalogue.CatalogueTest):

    def setUp(self) -> None:
        super().setUp()
        self.store = self.catalogue.store
        self.engine = self.catalogue.engine
        self.context = catalogue.caller()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.pauses: list[float] = []
        self.useFixture(fixtures.MockPatch(
            'oslo_db.api.time.sleep', self.pauses.append))

    def _calls(self, image_id: str) -> list[Callable[[], Any]]:
        store, context = self.store, self.context
        return [
            lambda: store.get(context, image_id),
            lambda: store.list(context, image_base.ImageQuery(limit=1)),
            lambda: store.add_metadata(
                context, image_id, {'key': 'new'}, lambda count: None),
            lambda: store.replace_metadata(
                context, image_id, {'other': ''}, lambda count: None),
            lambda: store.remove_metadata(context, image_id, 'other'),
            lambda: store.delete(context, image_id)]

    def _fail(self, times: int) -> None:
        """Raise a deadlock for the next statements that write.

        :param times: the number of statements
        """
        left = [None] * times

        def deadlock(
            connection: Any, cursor: Any, statement: str, *args: Any,
        ) -> None:
            if left and statement.split()[0] in ('UPDATE', 'DELETE'):
                left.pop()
                raise db_exception.DBDeadlock

        sa.event.listen(self.engine, 'before_cursor_execute', deadlock)
        self.addCleanup(
            sa.event.remove, self.engine, 'before_cursor_execute', deadlock)

    def test_deadlock_is_retried(self) -> None:
        image_id = self.catalogue.add(key='old')
        for call, after in zip(self._calls(image_id)[2:5], (
                {'key': 'new'}, {'other': ''}, {})):
            with self.case(after):
                self._fail(1)
                call()
                self.assertEqual(
                    after, self.store.get(self.context, image_id).metadata)
        self._fail(2)
        self.store.delete(self.context, image_id)
        self.assertEqual([], self.catalogue.list(self.context))
        self.assertEqual(5, len(self.pauses))

    def test_repeated_deadlock_is_reported(self) -> None:
        image_id = self.catalogue.add(key='old')
        self._fail(1000)
        for call in self._calls(image_id)[2:]:
            with self.case(call):
                self.assertRaises(exception.ImageStoreUnavailable, call)
        self.assertEqual(
            {'key': 'old'}, self.store.get(self.context, image_id).metadata)
        self.assertIn('database of the catalogue', self.log.output)

    def test_rejection_is_not_retried(self) -> None:
        image_id = self.catalogue.add(protected=True)
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.context, image_id)
        self.assertEqual([], self.pauses)

    def _go_away(self) -> Callable[[], None]:
        """Make the database unreachable.

        :returns: a function that makes it reachable again
        """
        directory = os.path.dirname(str(self.engine.url.database))
        os.rename(directory, directory + '.away')
        self.engine.dispose()
        return lambda: os.rename(directory + '.away', directory)

    def test_database_that_goes_away_and_comes_back(self) -> None:
        image_id = self.catalogue.add(key='old')
        come_back = self._go_away()
        try:
            for call in (*self._calls(image_id), self.store.check):
                with self.case(call):
                    self.log.reset_output()
                    self.assertRaises(exception.ImageStoreUnavailable, call)
                    self.assertIn('database of the catalogue', self.log.output)
        finally:
            come_back()
        self.store.check()
        self.assertEqual(
            {'key': 'old'}, self.store.get(self.context, image_id).metadata)


class _OnServer(FailuresOnSQLite):

    # The statements that return the id of a connection, and end it.
    WHO_AM_I: str
    END: str

    def _go_away(self) -> Callable[[], None]:
        def connect(
            dialect: Any, record: Any, args: Any, parameters: dict[str, Any],
        ) -> Any:
            return dialect.connect(
                *args, **{**parameters, **database_case.UNREACHABLE})

        sa.event.listen(self.engine, 'do_connect', connect)
        self.engine.dispose()
        return lambda: sa.event.remove(self.engine, 'do_connect', connect)

    def _end_connection(self) -> None:
        """Have the server end the connection of the pool."""
        with self.engine.connect() as connection:
            number = connection.scalar(sa.text(self.WHO_AM_I))
        other = sa.create_engine(self.engine.url, poolclass=sa.NullPool)
        with other.connect() as connection:
            connection.execute(sa.text(self.END.format(number)))

    def test_connection_that_the_server_ends_is_replaced(self) -> None:
        image_id = self.catalogue.add()
        self._end_connection()
        self.assertEqual(
            image_id, self.store.get(self.context, image_id).id)

    def test_every_call_replaces_a_connection_that_the_server_ended(
        self,
    ) -> None:
        image_id = self.catalogue.add(key='old')
        for call in (self.store.check, *self._calls(image_id)):
            with self.case(call):
                self._end_connection()
                call()
        self.assertEqual([], self.catalogue.list(self.context))

    def test_connection_that_ends_in_the_middle(self) -> None:
        image_id = self.catalogue.add(key='old')
        other = sa.create_engine(self.engine.url, poolclass=sa.NullPool)

        def end(count: int) -> None:
            number = begun[-1].scalar(sa.text(self.WHO_AM_I))
            with other.connect() as connection:
                connection.execute(sa.text(self.END.format(number)))

        begun: list[sa.Connection] = []
        sa.event.listen(
            self.engine, 'begin', lambda connection: begun.append(connection))
        self.assertRaises(
            exception.ImageStoreUnavailable, self.store.add_metadata,
            self.context, image_id, {'key': 'new'}, end)
        self.assertIn('database of the catalogue', self.log.output)
        self.assertEqual(
            {'key': 'old'}, self.store.get(self.context, image_id).metadata)


class FailuresOnMySQL(databases.OnMySQL, _OnServer):

    WHO_AM_I = 'SELECT connection_id()'
    END = 'KILL {}'


class FailuresOnPostgreSQL(databases.OnPostgreSQL, _OnServer):

    WHO_AM_I = 'SELECT pg_backend_pid()'
    END = 'SELECT pg_terminate_backend({}, 5000)'


# Not a test of its own.
del _OnServer


class SQLiteLockTest(catalogue.CatalogueTest):
    """Another process locks the file for longer than the timeout."""

    def setUp(self) -> None:
        super().setUp()
        self.context = catalogue.caller()
        self.image_id = self.catalogue.add(key='old')
        conf = self.useFixture(database_case.configuration(
            f'{self.catalogue.url}?timeout=0')).conf
        self.store = catalog_store.CatalogStore(conf)
        self.addCleanup(
            database_case.engine_of(self.store.database).dispose)
        self.writer = sqlite3.connect(
            str(self.catalogue.engine.url.database), isolation_level=None)
        self.addCleanup(self.writer.close)
        self.writer.execute('BEGIN IMMEDIATE')

    def _add(self) -> None:
        self.store.add_metadata(
            self.context, self.image_id, {'key': 'new'}, lambda count: None)

    def test_write_is_retried(self) -> None:
        pause = self.useFixture(fixtures.MockPatch(
            'oslo_db.api.time.sleep',
            side_effect=lambda seconds: self.writer.rollback())).mock
        self._add()
        pause.assert_called_once()
        self.assertEqual({'key': 'new'}, self.store.get(
            self.context, self.image_id).metadata)

    def test_lock_that_stays_is_reported(self) -> None:
        self.useFixture(fixtures.MockPatch('oslo_db.api.time.sleep'))
        log = self.useFixture(fixtures.FakeLogger())
        self.assertRaises(exception.ImageStoreUnavailable, self._add)
        self.assertIn('database of the catalogue', log.output)

    def test_reader_does_not_wait(self) -> None:
        self.assertEqual({'key': 'old'}, self.store.get(
            self.context, self.image_id).metadata)
