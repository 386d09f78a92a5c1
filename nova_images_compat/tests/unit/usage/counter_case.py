# SPDX-License-Identifier: Apache-2.0

"""Base classes of the tests of the counter."""

from collections.abc import Callable
import logging
import os
import shutil
from typing import Any

import fixtures
from oslo_config import cfg
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests import relay
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

# The arguments of UsageCounter.count(), and the start of the call's row.
CLIENT = ('p', 'client', 'images:show', '2.1')


class CounterTestCase(databases.OnSQLite, base.TestCase):
    """A test of the counter on an empty database."""

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.url = self.database_url or (
            f'sqlite:///{self.directory}/catalog.sqlite')
        self.log = self.useFixture(
            fixtures.FakeLogger(level=logging.WARNING))

    def configure(
        self, url: str | None = None, **options: Any,
    ) -> cfg.ConfigOpts:
        """Return a configuration that counts.

        :param url: the URL of the database; None: of the empty one
        :param options: options of [usage_counts]
        """
        self.configuration = self.useFixture(own_fixtures.Configuration({
            'database': {'connection': (url or self.url).replace('$', '$$')},
            'usage_counts': {'enabled': 'true', **options}}))
        return self.configuration.conf

    def make(self, conf: cfg.ConfigOpts) -> counter.UsageCounter:
        """Return a counter, which is closed when the test ends."""
        usage_counter = counter.UsageCounter(conf)
        self.addCleanup(usage_counter.close)
        return usage_counter

    def serve(self, **options: Any) -> counter.UsageCounter:
        """Create the tables, and return a counter.

        :param options: options of [usage_counts]
        """
        self.conf = self.configure(**options)
        migration.sync(self.conf)
        return self.make(self.conf)

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the counts of the database, without their day."""
        database = db_engine.Database(self.conf)
        with database.reader() as connection:
            rows = ledger.totals(connection, ledger.Call._fields[1:])
        database.dispose()
        return rows

    def warnings(self) -> list[str]:
        """Return the lines of the log."""
        return self.log.output.splitlines()

    def cut(self) -> Callable[[], None]:
        """Make the database unreachable, and return what restores it."""
        path = f'{self.directory}/catalog.sqlite'
        shutil.move(path, f'{path}.away')
        os.mkdir(path)

        def restore() -> None:
            os.rmdir(path)
            shutil.move(f'{path}.away', path)

        return restore


class ServerTestCase(CounterTestCase):
    """A test of the counter on a database server, which the counter reaches
    through a relay.
    """

    def relayed(self) -> str:
        """Start a relay to the server, and return the database's URL there.
        """
        url = sa.make_url(self.url)
        default = 3306 if 'mysql' in url.drivername else 5432
        self.relay = self.useFixture(relay.Relay(
            url.host or '127.0.0.1', url.port or default))
        host, port = self.relay.address
        return db_engine.url_text(url.set(host=host, port=port))

    def cut(self) -> Callable[[], None]:
        self.relay.cut()
        return self.relay.open

    def serve(self, **options: Any) -> counter.UsageCounter:
        self.conf = self.configure(**options)
        migration.sync(self.conf)
        return self.make(self.configure(self.relayed(), **options))
