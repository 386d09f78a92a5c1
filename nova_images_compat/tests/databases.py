# SPDX-License-Identifier: Apache-2.0

"""Mixins that run a test on each database that the catalogue supports.

The tests of servers are skipped unless the server has oslo.db's usual account
for tests.
"""

from oslo_db.sqlalchemy import enginefacade
from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.db import engine as db_engine


class _EmptyDatabase(test_fixtures.OpportunisticDbFixture):
    _BUILD_SCHEMA = False


class _MySQL(_EmptyDatabase):
    DRIVER = 'mysql'


class _PostgreSQL(_EmptyDatabase):
    DRIVER = 'postgresql'


class OnSQLite:
    """A SQLite file, which the test creates."""

    @property
    def database_url(self) -> str | None:
        """The URL of an empty database, if there is one."""
        return None


class _OnServer(test_fixtures.OpportunisticDBTestMixin):

    @property
    def database_url(self) -> str:
        return db_engine.url_text(enginefacade.writer.get_engine().url)


class OnMySQL(_OnServer):
    """An empty database of MySQL or MariaDB."""

    FIXTURE = _MySQL


class OnPostgreSQL(_OnServer):
    """An empty database of PostgreSQL."""

    FIXTURE = _PostgreSQL
