# SPDX-License-Identifier: Apache-2.0

"""Tests of counting while a database server is not reachable."""

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat import exception
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.usage import counter_case
from nova_images_compat.usage import counter

load_tests = test_fixtures.optimize_module_test_loader()

CLIENT = counter_case.CLIENT


class CounterOfMySQL(databases.OnMySQL, counter_case.ServerTestCase):

    def test_connection_is_lost_between_two_writes(self) -> None:
        usage_counter = self.serve(interval=1)
        for total in (1, 2):
            usage_counter.count(*CLIENT)
            self.wait_for(lambda: self.rows() == [(*CLIENT, total)])
            self.cut()()

    def test_unreachable_at_the_start(self) -> None:
        migration.sync(self.configure())
        conf = self.conf = self.configuration.conf
        conf = self.configure(self.relayed(), interval=1)
        conf.set_override('max_retries', -1, group='database')
        restore = self.cut()
        usage_counter = self.make(conf)
        self.assertIn('cannot be written yet', self.warnings()[0])
        usage_counter.count(*CLIENT)
        self.wait_for(lambda: len(self.warnings()) == 2)
        restore()
        self.wait_for(lambda: self.rows() == [(*CLIENT, 1)])

    def test_login_that_is_refused(self) -> None:
        url = sa.make_url(self.url).set(
            username='nobody_here', password='pass-word')
        error = self.assertRaises(
            exception.DatabaseNotReady, counter.UsageCounter,
            self.configure(db_engine.url_text(url)))
        self.assertNotIsInstance(error, exception.DatabaseUnreachable)


class CounterOfPostgreSQL(databases.OnPostgreSQL, CounterOfMySQL):
    pass
