# SPDX-License-Identifier: Apache-2.0

"""Base classes and helpers of the tests with a database."""

from typing import Any

import fixtures
from oslo_config import cfg
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as own_fixtures

# No server listens there.
UNREACHABLE: dict[str, Any] = {'host': '127.0.0.1', 'port': 1}

NO_RETRIES = {'max_retries': 1, 'retry_interval': 0}


def configuration(url: str, **options: Any) -> own_fixtures.Configuration:
    """Return the configuration of a database.

    :param url: ``[database] connection``
    :param options: other options of ``[database]``
    """
    return own_fixtures.Configuration({'database': {
        'connection': url.replace('$', '$$'), **NO_RETRIES, **options}})


def engine_of(database: db_engine.Database) -> sa.Engine:
    with database.reader() as connection:
        return connection.engine


class NewDatabaseTest(databases.OnSQLite, base.TestCase):
    """A test of an empty database: of SQLite, unless a mixin changes it."""

    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        self.url = self.database_url or f'sqlite:///{directory}/new.sqlite'
        self.conf = self.configured(self.url)
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)

    def configured(self, url: str) -> cfg.ConfigOpts:
        """Return the configuration of a database."""
        return self.useFixture(configuration(url)).conf
