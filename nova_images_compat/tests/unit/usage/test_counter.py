# SPDX-License-Identifier: Apache-2.0

"""Tests of counting calls."""

from collections.abc import Callable
from concurrent import futures
import datetime
import logging
import os
import shutil
import signal
import time
from typing import Any

import fixtures
from oslo_config import cfg
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat import exception
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests import relay
from nova_images_compat.tests.unit import helpers
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

load_tests = test_fixtures.optimize_module_test_loader()

DAY = datetime.date(2026, 1, 31)
CALL = ledger.Call(DAY, 'p', 'agent', 'images:show', '2.1')

CLIENT = ('p', 'client', 'images:show', '2.1')

# Runs in a process of its own.
COUNT = '''
import os, sys, threading, time
from nova_images_compat.conf import reader
from nova_images_compat.usage import counter

usage_counter = counter.UsageCounter(
    reader.load(['--config-file', {path!r}], environ={{}}))
'''
COUNT_100 = '''
for _ in range(100):
    usage_counter.count('p', 'client', 'images:show', '2.1')
'''
FORK = COUNT_100 + '''
child = os.fork()
for _ in range(10):
    usage_counter.count('p', 'client', 'images:index', '2.1')
if child:
    os.waitpid(child, 0)
'''
FORK_WHILE_COUNTING = '''
def count():
    for _ in range(3000):
        usage_counter.count('p', 'client', 'images:show', '2.1')

threads = [threading.Thread(target=count) for _ in range(4)]
for thread in threads:
    thread.start()
children = []
for _ in range(4):
    children.append(os.fork())
    if not children[-1]:
        usage_counter.count('p', 'client', 'images:index', '2.1')
        usage_counter.close()
        os._exit(0)
for thread in threads:
    thread.join()
for child in children:
    os.waitpid(child, 0)
'''
KILLED = COUNT_100 + '''
time.sleep(2.5)
usage_counter.count('p', 'client', 'images:show', '2.1')
os.kill(os.getpid(), 9)
'''


def agents(*names: Any) -> list[ledger.Call]:
    return [CALL._replace(user_agent=str(name)) for name in names]


class TallyTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.tally = counter.Tally(3)

    def _add(self, *calls: ledger.Call) -> None:
        for call in calls:
            self.tally.add(call)

    def _taken(self) -> dict[str, int]:
        return {call.user_agent: calls
                for call, calls in self.tally.take().items()}

    def test_counts(self) -> None:
        self._add(CALL, CALL, CALL._replace(microversion='2.2'))
        self.assertEqual(
            {CALL: 2, CALL._replace(microversion='2.2'): 1},
            self.tally.take())
        self.assertEqual({}, self.tally.take())

    def test_beyond_the_limit_agents_are_others(self) -> None:
        self._add(*agents(*range(10)), *agents(0, 1, 10))
        self.assertEqual({'0': 2, '1': 2, '2': 1, 'other': 8}, self._taken())

    def test_limit_is_that_of_a_day(self) -> None:
        for names in ('abcd', 'efg', 'abh'):
            self._add(*agents(*names))
            taken = self._taken()
        self.assertEqual({'a': 1, 'b': 1, 'other': 1}, taken)
        tomorrow = DAY + datetime.timedelta(days=1)
        self._add(*(call._replace(day=tomorrow) for call in agents(*'hijk')))
        self.assertEqual({'h': 1, 'i': 1, 'j': 1, 'other': 1}, self._taken())

    def test_what_is_given_back_is_bounded(self) -> None:
        self._add(*agents(*'aab'))
        taken = self.tally.take()
        self._add(*agents(*'ac'))
        self.tally.give_back(taken)
        self.assertEqual({'a': 3, 'b': 1, 'c': 1}, self._taken())
        self._add(*agents(*'abc'))
        self.tally.give_back({call: 5 for call in agents(*'cdef')})
        self.assertEqual(
            {'a': 1, 'b': 1, 'c': 6, 'other': 15}, self._taken())

    def test_days_that_cannot_be_written_are_bounded(self) -> None:
        for number in range(10):
            day = DAY + datetime.timedelta(days=number)
            self._add(*(call._replace(day=day) for call in agents(*'abcd')))
        taken = self.tally.take()
        self.assertEqual(40, sum(taken.values()))
        self.assertEqual(
            3, len([call for call in taken if call.user_agent != 'other']))

    def test_threads(self) -> None:
        tally = counter.Tally(1000)
        taken: list[dict[ledger.Call, int]] = []

        def count(number: int) -> None:
            for round in range(2000):
                tally.add(CALL._replace(user_agent=str(round % 7)))
                if round % 100 == number:
                    tally.give_back(tally.take())
                    taken.append(tally.take())

        with futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(8)))
        taken.append(tally.take())
        self.assertEqual(16000, sum(sum(each.values()) for each in taken))


class CounterOnSQLite(databases.OnSQLite, base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path
        self.url = self.database_url or (
            f'sqlite:///{self.directory}/catalog.sqlite')
        self.log = self.useFixture(
            fixtures.FakeLogger(level=logging.WARNING))

    def _configure(
        self, url: str | None = None, **options: Any,
    ) -> cfg.ConfigOpts:
        self.configuration = self.useFixture(own_fixtures.Configuration({
            'database': {'connection': (url or self.url).replace('$', '$$')},
            'usage_counts': {'enabled': 'true', **options}}))
        return self.configuration.conf

    def _counter(self, conf: cfg.ConfigOpts) -> counter.UsageCounter:
        usage_counter = counter.UsageCounter(conf)
        self.addCleanup(usage_counter.close)
        return usage_counter

    def _serve(self, **options: Any) -> counter.UsageCounter:
        self.conf = self._configure(**options)
        migration.sync(self.conf)
        return self._counter(self.conf)

    def _rows(self) -> list[tuple[Any, ...]]:
        database = db_engine.Database(self.conf)
        with database.reader() as connection:
            rows = ledger.totals(connection, ledger.Call._fields[1:])
        database.dispose()
        return rows

    def _wait(self, is_so: Callable[[], bool], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not is_so():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_the_day_is_that_of_utc(self) -> None:
        usage_counter = self._serve()
        days = [datetime.datetime.now(datetime.UTC).date()]
        usage_counter.count(*CLIENT)
        days.append(datetime.datetime.now(datetime.UTC).date())
        usage_counter.close()
        with db_engine.Database(self.conf).reader() as connection:
            [(day, calls)] = ledger.totals(connection, ['day'])
        self.assertIn(day, days)

    def test_is_written_at_the_interval(self) -> None:
        usage_counter = self._serve(interval=1)
        for total in (1, 2):
            usage_counter.count(*CLIENT)
            self._wait(lambda: self._rows() == [(*CLIENT, total)])
        self.assertEqual('', self.log.output)

    def test_two_counters_add_up(self) -> None:
        counters = [self._serve(), self._serve()]
        for usage_counter in counters:
            with futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(
                    lambda _: usage_counter.count(*CLIENT), range(1000)))
        with futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda usage_counter: usage_counter.close(), counters))
        self.assertEqual([(*CLIENT, 2000)], self._rows())

    def test_many_counters_of_many_writers(self) -> None:
        counters = [self._serve() for _ in range(4)]
        for usage_counter in counters:
            for number in range(3 * counter.BATCH // 2):
                usage_counter.count('p', f'{number:04}', 'images:show', '2.1')
        with futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda usage_counter: usage_counter.close(), counters))
        rows = self._rows()
        self.assertEqual(3 * counter.BATCH // 2, len(rows))
        self.assertEqual({4}, {row[-1] for row in rows})
        self.assertEqual('', self.log.output)

    def test_what_is_counted_after_the_end_begins_anew(self) -> None:
        usage_counter = self._serve()
        for _ in range(2):
            usage_counter.count(*CLIENT)
            usage_counter.close()
            usage_counter.close()
        self.assertEqual([(*CLIENT, 2)], self._rows())

    def test_beyond_the_bound(self) -> None:
        usage_counter = self._serve(max_counters=2, interval=1)
        for round in range(2):
            for number in range(5):
                usage_counter.count('p', f'{round}.{number}', 'o', '2.1')
            self._wait(lambda: sum(
                row[-1] for row in self._rows()) == 5 * (round + 1))
        self.assertEqual(
            {('p', '0.0', 'o', '2.1', 1), ('p', '0.1', 'o', '2.1', 1),
             ('p', 'other', 'o', '2.1', 8)}, set(self._rows()))

    def _run(self, program: str) -> int:
        return helpers.run_python('-c', COUNT.format(
            path=self.configuration.path) + program).returncode

    def test_processes_add_up_at_their_exit(self) -> None:
        self._serve()
        with futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(self._run, [COUNT_100] * 4))
        self.assertEqual([0] * 4, statuses)
        self.assertEqual([(*CLIENT, 400)], self._rows())

    def test_forked_process_counts_what_is_its_own(self) -> None:
        self._serve()
        self.assertEqual(0, self._run(FORK))
        self.assertEqual(
            [(*CLIENT, 100), ('p', 'client', 'images:index', '2.1', 20)],
            self._rows())

    def test_process_is_forked_in_the_middle_of_counting(self) -> None:
        self._serve(interval=1)
        self.assertEqual(0, self._run(FORK_WHILE_COUNTING))
        self.assertEqual(
            [(*CLIENT, 12000), ('p', 'client', 'images:index', '2.1', 4)],
            self._rows())

    def test_killed_process_loses_an_interval_at_most(self) -> None:
        self._serve(interval=1)
        self.assertEqual(-signal.SIGKILL, self._run(KILLED))
        self.assertEqual([(*CLIENT, 100)], self._rows())

    def _cut(self) -> Callable[[], None]:
        """Take the database away, and return what brings it back."""
        path = f'{self.directory}/catalog.sqlite'
        shutil.move(path, f'{path}.away')
        os.mkdir(path)

        def restore() -> None:
            os.rmdir(path)
            shutil.move(f'{path}.away', path)

        return restore

    def _warnings(self) -> list[str]:
        return self.log.output.splitlines()

    def test_database_goes_down_and_comes_back(self) -> None:
        usage_counter = self._serve(interval=1)
        restore = self._cut()
        usage_counter.count(*CLIENT)
        self._wait(lambda: bool(self._warnings()))
        for _ in range(25):
            usage_counter.count(*CLIENT)
            time.sleep(0.1)
        restore()
        self._wait(lambda: self._rows() == [(*CLIENT, 26)])
        self._wait(lambda: len(self._warnings()) == 2)
        self.assertIn('cannot be written', self._warnings()[0])
        self.assertIn('written again', self._warnings()[1])

    def test_end_while_the_database_is_down(self) -> None:
        usage_counter = self._serve()
        restore = self._cut()
        usage_counter.count(*CLIENT)
        usage_counter.count(*CLIENT)
        usage_counter.close()
        self.assertIn('counts of 2 calls are lost', self.log.output)
        restore()
        self.assertEqual([], self._rows())

    def test_database_that_is_not_migrated(self) -> None:
        conf = self._configure()
        sa.create_engine(self.url, poolclass=sa.NullPool).connect().close()
        error = self.assertRaises(
            exception.DatabaseNotReady, counter.UsageCounter, conf)
        self.assertIn(db_engine.SYNC, str(error))
        self.assertNotIsInstance(error, exception.DatabaseUnreachable)

    def test_table_that_is_dropped(self) -> None:
        usage_counter = self._serve(interval=1)
        with sa.create_engine(
                self.url, poolclass=sa.NullPool).begin() as connection:
            connection.execute(sa.text('DROP TABLE usage_counts'))
        usage_counter.count('p', 'secret-agent', 'images:show', '2.1')
        time.sleep(2.5)
        # oslo.db says more, about what it does not know.
        [line] = [line for line in self._warnings()
                  if 'cannot be written' in line]
        self.assertIn('usage_counts', line)
        self.assertNotIn('secret-agent', self.log.output)


class _OnServer:

    def _relayed(self) -> str:
        url = sa.make_url(self.url)
        default = 3306 if 'mysql' in url.drivername else 5432
        self.relay = self.useFixture(relay.Relay(
            url.host or '127.0.0.1', url.port or default))
        host, port = self.relay.address
        return db_engine.url_text(url.set(host=host, port=port))

    def _cut(self) -> Callable[[], None]:
        self.relay.cut()
        return self.relay.open

    def _serve(self, **options: Any) -> counter.UsageCounter:
        self.conf = self._configure(**options)
        migration.sync(self.conf)
        return self._counter(self._configure(self._relayed(), **options))

    def test_connection_is_lost_between_two_writes(self) -> None:
        usage_counter = self._serve(interval=1)
        for total in (1, 2):
            usage_counter.count(*CLIENT)
            self._wait(lambda: self._rows() == [(*CLIENT, total)])
            self._cut()()

    def test_unreachable_at_the_start(self) -> None:
        migration.sync(self._configure())
        conf = self.conf = self.configuration.conf
        conf = self._configure(self._relayed(), interval=1)
        conf.set_override('max_retries', -1, group='database')
        restore = self._cut()
        usage_counter = self._counter(conf)
        self.assertIn('cannot be written yet', self._warnings()[0])
        usage_counter.count(*CLIENT)
        self._wait(lambda: len(self._warnings()) == 2)
        restore()
        self._wait(lambda: self._rows() == [(*CLIENT, 1)])

    def test_login_that_is_refused(self) -> None:
        url = sa.make_url(self.url).set(
            username='nobody_here', password='pass-word')
        error = self.assertRaises(
            exception.DatabaseNotReady, counter.UsageCounter,
            self._configure(db_engine.url_text(url)))
        self.assertNotIsInstance(error, exception.DatabaseUnreachable)


class CounterOnMySQL(databases.OnMySQL, _OnServer, CounterOnSQLite):
    pass


class CounterOnPostgreSQL(
        databases.OnPostgreSQL, _OnServer, CounterOnSQLite):
    pass
