# SPDX-License-Identifier: Apache-2.0

"""Base classes and fixtures of the tests with a catalogue."""

from collections.abc import Iterable
from typing import Any

import fixtures
import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import migration
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import statements
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.db import database_case

PROJECT = own_fixtures.PROJECT
OTHER_PROJECT = own_fixtures.OTHER_PROJECT


def caller(
    project_id: str | None = PROJECT,
    roles: Iterable[str] = ('member', 'reader'),
) -> request_context.RequestContext:
    return request_context.RequestContext(
        project_id=project_id, roles=list(roles), overwrite=False)


def admin() -> request_context.RequestContext:
    return caller(own_fixtures.ADMIN_PROJECT, ['admin', 'member', 'reader'])


class Catalogue(fixtures.Fixture):
    """A database with the service's tables, and the store of its images.

    :param url: the URL of an empty database; None means a SQLite file
    """

    def __init__(self, url: str | None) -> None:
        self.url = url

    def _setUp(self) -> None:
        if self.url is None:
            directory = self.useFixture(fixtures.TempDir()).path
            self.url = f'sqlite:///{directory}/catalog.sqlite'
        self.conf = self.useFixture(database_case.configuration(self.url)).conf
        migration.sync(self.conf)
        self.store = catalog_store.CatalogStore(self.conf)
        self.database = self.store.database
        self.engine = database_case.engine_of(self.database)
        self.addCleanup(self.engine.dispose)
        self.add = own_fixtures.Images(self.database).add

    def add_records(self, of_images: Iterable[statements.Record]) -> None:
        with self.database.writer() as connection:
            statements.add(connection, of_images)

    def share(
        self, image_id: str, project_id: str, status: str = 'accepted',
    ) -> str:
        """Share an image with a project.

        :returns: the visibility of the image
        """
        with self.database.writer() as connection:
            return statements.share(connection, image_id, project_id, status)

    def list(
        self, context: request_context.RequestContext, **query: Any,
    ) -> list[str]:
        """Return the ids of the images of a list.

        :param query: the arguments of ImageQuery
        """
        return [image.id for image in self.store.list(
            context, image_base.ImageQuery(**query))]

    def record(self, image_id: str) -> statements.Record:
        """Return an image as the catalogue stores it."""
        with self.database.reader() as connection:
            return next(statements.export(connection, image_id))


class Statements(fixtures.Fixture):
    """Records the statements of an engine, with their parameters."""

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


class CatalogueTest(databases.OnSQLite, base.TestCase):
    """A test with a catalogue: on SQLite, unless a mixin changes it."""

    def setUp(self) -> None:
        super().setUp()
        self.catalogue = self.useFixture(Catalogue(self.database_url))
