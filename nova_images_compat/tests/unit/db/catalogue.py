# SPDX-License-Identifier: Apache-2.0

"""What the tests of the catalogue have in common."""

from collections.abc import Iterable
import datetime
from typing import Any
import uuid

import fixtures
from oslo_config import cfg
import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import records
from nova_images_compat.image.catalog import statements
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as our_fixtures

PROJECT = our_fixtures.PROJECT
OTHER_PROJECT = our_fixtures.OTHER_PROJECT

# Nothing listens there.
UNREACHABLE = {'host': '127.0.0.1', 'port': 1}

NO_RETRIES = {'max_retries': 1, 'retry_interval': 0}


def caller(
    project_id: str | None = PROJECT,
    roles: Iterable[str] = ('member', 'reader'),
) -> request_context.RequestContext:
    return request_context.RequestContext(
        project_id=project_id, roles=list(roles), overwrite=False)


def admin() -> request_context.RequestContext:
    return caller(our_fixtures.ADMIN_PROJECT, ['admin', 'member', 'reader'])


def configuration(url: str, **options: Any) -> our_fixtures.Configuration:
    return our_fixtures.Configuration({'database': {
        'connection': url.replace('$', '$$'), **NO_RETRIES, **options}})


class Catalogue(fixtures.Fixture):
    """A migrated database, and a way to put images into it.

    :param url: of an empty database; None: a SQLite file
    """

    def __init__(self, url: str | None) -> None:
        self.url = url

    def _setUp(self) -> None:
        if self.url is None:
            directory = self.useFixture(fixtures.TempDir()).path
            self.url = f'sqlite:///{directory}/catalog.sqlite'
        self.conf = self.useFixture(configuration(self.url)).conf
        migration.sync(self.conf)
        self.store = catalog_store.CatalogStore(self.conf)
        self.database = self.store.database
        self.engine = engine_of(self.database)
        self.addCleanup(self.engine.dispose)
        self._count = 0

    def add(self, **attributes: Any) -> str:
        """Put an image into the catalogue, a second newer than the last."""
        self._count += 1
        created = our_fixtures.FIRST_TIME + datetime.timedelta(
            seconds=self._count)
        record = records.record('image', {
            'id': str(uuid.uuid4()), 'owner': PROJECT,
            'created_at': created.isoformat() + 'Z', **attributes})
        self.add_records([record])
        return record.id

    def add_records(self, of_images: Iterable[statements.Record]) -> None:
        with self.database.writer() as connection:
            statements.add(connection, of_images)

    def share(
        self, image_id: str, project_id: str, status: str = 'accepted',
    ) -> None:
        with self.database.writer() as connection:
            statements.share(connection, image_id, project_id, status)

    def list(
        self, context: request_context.RequestContext, **query: Any,
    ) -> list[str]:
        """Return the ids of a list; the query is an ImageQuery's."""
        return [image.id for image in self.store.list(
            context, image_base.ImageQuery(**query))]

    def record(self, image_id: str) -> statements.Record:
        """Return what the catalogue holds of an image."""
        with self.database.reader() as connection:
            return next(statements.export(connection, image_id))


class Statements(fixtures.Fixture):
    """The statements that an engine executes, with their parameters."""

    def __init__(self, watched: sa.Engine) -> None:
        self.engine = watched
        self.executed: list[tuple[str, Any]] = []

    def _setUp(self) -> None:
        sa.event.listen(self.engine, 'before_cursor_execute', self._executed)
        self.addCleanup(
            sa.event.remove, self.engine, 'before_cursor_execute',
            self._executed)

    def _executed(
        self, connection: Any, cursor: Any, statement: str, parameters: Any,
        context: Any, executemany: bool,
    ) -> None:
        if statement != 'BEGIN':
            self.executed.append((statement, parameters))

    def writes_to(self, table: str) -> list[tuple[str, Any]]:
        return [(statement, parameters)
                for statement, parameters in self.executed
                if statement.split()[0] in ('INSERT', 'UPDATE', 'DELETE')
                and table in statement.split()[:3]]


def engine_of(database: db_engine.Database) -> sa.Engine:
    with database.reader() as connection:
        return connection.engine


class CatalogueTest(databases.OnSQLite, base.TestCase):
    """A test with a catalogue: on SQLite, unless a mixin says otherwise."""

    def setUp(self) -> None:
        super().setUp()
        self.catalogue = self.useFixture(Catalogue(self.database_url))


class NewDatabaseTest(databases.OnSQLite, base.TestCase):
    """A test with a database without tables: on SQLite, unless a mixin says
    otherwise.
    """

    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        self.url = self.database_url or f'sqlite:///{directory}/new.sqlite'
        self.conf = self.configured(self.url)
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)

    def configured(self, url: str) -> cfg.ConfigOpts:
        return self.useFixture(configuration(url)).conf
