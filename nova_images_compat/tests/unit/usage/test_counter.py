# SPDX-License-Identifier: Apache-2.0

"""Tests of counting calls, on each database."""

from collections.abc import Sequence
from concurrent import futures
import datetime
import time

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.usage import counter_case
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

load_tests = test_fixtures.optimize_module_test_loader()

CLIENT = counter_case.CLIENT


def _close(counters: Sequence[counter.UsageCounter]) -> None:
    """Close the counters at the same time."""
    with futures.ThreadPoolExecutor(len(counters)) as pool:
        list(pool.map(counter.UsageCounter.close, counters))


class CounterOnSQLite(counter_case.CounterTestCase):

    def test_the_day_is_that_of_utc(self) -> None:
        usage_counter = self.serve()
        days = [datetime.datetime.now(datetime.UTC).date()]
        usage_counter.count(*CLIENT)
        days.append(datetime.datetime.now(datetime.UTC).date())
        usage_counter.close()
        with db_engine.Database(self.conf).reader() as connection:
            [(day, calls)] = ledger.totals(connection, ['day'])
        self.assertIn(day, days)

    def test_is_written_at_the_interval(self) -> None:
        usage_counter = self.serve(interval=1)
        for total in (1, 2):
            usage_counter.count(*CLIENT)
            self.wait_for(lambda: self.rows() == [(*CLIENT, total)])
        self.assertEqual('', self.log.output)

    def test_two_counters_add_up(self) -> None:
        counters = [self.serve(), self.serve()]
        for usage_counter in counters:
            with futures.ThreadPoolExecutor(4) as pool:
                for _ in range(1000):
                    pool.submit(usage_counter.count, *CLIENT)
        _close(counters)
        self.assertEqual([(*CLIENT, 2000)], self.rows())

    def test_many_counters_of_many_writers(self) -> None:
        counters = [self.serve() for _ in range(4)]
        for usage_counter in counters:
            for number in range(3 * counter.BATCH // 2):
                usage_counter.count(f'{number:04}', 'a', 'images:show', '2.1')
        _close(counters)
        rows = self.rows()
        self.assertEqual(3 * counter.BATCH // 2, len(rows))
        self.assertEqual({4}, {row[-1] for row in rows})
        self.assertEqual('', self.log.output)

    def test_what_is_counted_after_the_end_begins_anew(self) -> None:
        usage_counter = self.serve()
        for _ in range(2):
            usage_counter.count(*CLIENT)
            usage_counter.close()
            usage_counter.close()
        self.assertEqual([(*CLIENT, 2)], self.rows())

    def test_beyond_the_bound(self) -> None:
        usage_counter = self.serve(max_counters=2, interval=1)
        for step in range(2):
            for number in range(5):
                usage_counter.count('p', f'{step}.{number}', 'o', '2.1')
            self.wait_for(lambda: sum(
                row[-1] for row in self.rows()) == 5 * (step + 1))
        self.assertEqual(
            {('p', '0.0', 'o', '2.1', 1), ('p', '0.1', 'o', '2.1', 1),
             ('p', 'other', 'o', '2.1', 8)}, set(self.rows()))

    def test_database_goes_down_and_comes_back(self) -> None:
        usage_counter = self.serve(interval=1)
        restore = self.cut()
        usage_counter.count(*CLIENT)
        self.wait_for(lambda: bool(self.warnings()))
        for _ in range(25):
            usage_counter.count(*CLIENT)
            time.sleep(0.1)
        restore()
        self.wait_for(lambda: self.rows() == [(*CLIENT, 26)])
        self.wait_for(lambda: len(self.warnings()) == 2)
        self.assertIn('cannot be written', self.warnings()[0])
        self.assertIn('written again', self.warnings()[1])

    def test_end_while_the_database_is_down(self) -> None:
        usage_counter = self.serve()
        restore = self.cut()
        usage_counter.count(*CLIENT)
        usage_counter.count(*CLIENT)
        usage_counter.close()
        self.assertIn('counts of 2 calls are lost', self.log.output)
        restore()
        self.assertEqual([], self.rows())

    def test_database_that_is_not_migrated(self) -> None:
        conf = self.configure()
        sa.create_engine(self.url, poolclass=sa.NullPool).connect().close()
        error = self.assertRaises(
            exception.DatabaseNotReady, counter.UsageCounter, conf)
        self.assertIn(db_engine.SYNC, str(error))
        self.assertNotIsInstance(error, exception.DatabaseUnreachable)

    def test_table_that_is_dropped(self) -> None:
        usage_counter = self.serve(interval=1)
        with sa.create_engine(
                self.url, poolclass=sa.NullPool).begin() as connection:
            connection.execute(sa.text('DROP TABLE usage_counts'))
        usage_counter.count('p', 'secret-agent', 'images:show', '2.1')
        time.sleep(2.5)
        # oslo.db logs more lines, about an error that it does not know.
        [line] = [line for line in self.warnings()
                  if 'cannot be written' in line]
        self.assertIn('usage_counts', line)
        self.assertNotIn('secret-agent', self.log.output)


class CounterOnMySQL(
        databases.OnMySQL, counter_case.ServerTestCase, CounterOnSQLite):
    pass


class CounterOnPostgreSQL(
        databases.OnPostgreSQL, counter_case.ServerTestCase, CounterOnSQLite):
    pass
