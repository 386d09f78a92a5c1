# SPDX-License-Identifier: Apache-2.0

"""Tests of the counts' statements, on each database."""

from concurrent import futures
import datetime
from typing import Any

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.db import models
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue
from nova_images_compat.usage import ledger

load_tests = test_fixtures.optimize_module_test_loader()

DAY = datetime.date(2026, 1, 31)
ALL = ('day', 'project_id', 'user_agent', 'operation', 'microversion')
CALL = ledger.Call(DAY, 'p', 'agent', 'images:show', '2.1')


def day(number: int) -> datetime.date:
    return DAY + datetime.timedelta(days=number)


class UsageOnSQLite(catalogue.CatalogueTest):

    def _add(self, counts: dict[ledger.Call, int]) -> None:
        with self.catalogue.database.writer() as connection:
            ledger.add(connection, counts)

    def _totals(self, *columns: str, **kwargs: Any) -> list[tuple[Any, ...]]:
        with self.catalogue.database.reader() as connection:
            return ledger.totals(connection, columns, **kwargs)

    def test_counts_add_up(self) -> None:
        for calls in (1, 2, 2 ** 40):
            self._add({CALL: calls, CALL._replace(microversion='2.9'): 1})
        self._add({})
        self.assertEqual(
            [(*CALL, 3 + 2 ** 40), (*CALL._replace(microversion='2.9'), 3)],
            self._totals(*ALL))

    def test_only_what_is_the_same_is_added_up(self) -> None:
        calls = [
            CALL, CALL._replace(day=day(1)), CALL._replace(project_id='P'),
            CALL._replace(user_agent='agent '),
            CALL._replace(user_agent='AGENT'),
            CALL._replace(user_agent='ägent'),
            CALL._replace(user_agent=''),
            CALL._replace(operation='images:index'),
            CALL._replace(microversion='2.10')]
        self._add(dict.fromkeys(calls, 1))
        self.assertEqual(
            {(*call, 1) for call in calls}, set(self._totals(*ALL)))

    def test_longest_texts(self) -> None:
        disc = '\U0001f4bf'
        call = CALL._replace(
            project_id=disc * models.MAX_NAME,
            user_agent=disc * models.MAX_USER_AGENT, microversion='9' * 16,
            operation='o' * 64)
        self._add({call: 1})
        self._add({call: 1})
        self.assertEqual([(*call, 2)], self._totals(*ALL))

    def test_most_calls_come_first(self) -> None:
        self._add({
            CALL: 2, CALL._replace(project_id='q'): 9,
            CALL._replace(project_id='a', microversion='2.2'): 5,
            CALL._replace(project_id='a', day=day(-1)): 4,
            CALL._replace(project_id='b', user_agent='other'): 2})
        self.assertEqual(
            [('a', 9), ('q', 9), ('b', 2), ('p', 2)],
            self._totals('project_id'))
        self.assertEqual(
            [('agent', 20), ('other', 2)], self._totals('user_agent'))
        [(_, calls)] = self._totals('operation')
        self.assertIs(int, type(calls))

    def test_since(self) -> None:
        self._add({CALL._replace(day=day(number)): 10 ** (number + 1)
                   for number in (-1, 0, 1)})
        for number, calls in ((-2, 111), (-1, 111), (0, 110), (1, 100)):
            with self.case(number, calls):
                self.assertEqual(
                    [('p', calls)],
                    self._totals('project_id', since=day(number)))
        self.assertEqual([], self._totals('project_id', since=day(2)))

    def test_purge(self) -> None:
        self._add({
            CALL._replace(day=day(number), project_id=project): 1
            for number in (0, 1, 2) for project in 'ab'})
        with self.catalogue.database.writer() as connection:
            days = ledger.days_before(connection, day(2))
            self.assertEqual([day(0), day(1)], days)
            self.assertEqual(2, ledger.purge(connection, day(0)))
            self.assertEqual(0, ledger.purge(connection, day(0)))
        self.assertEqual([(day(1), 2), (day(2), 2)], self._totals('day'))

    def test_writers_at_once(self) -> None:
        counts = {CALL._replace(user_agent=str(number)): 1
                  for number in range(20)}
        with futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: self._add(counts), range(40)))
        self.assertEqual(
            {(agent.user_agent, 40) for agent in counts},
            set(self._totals('user_agent')))


class UsageOnMySQL(databases.OnMySQL, UsageOnSQLite):
    pass


class UsageOnPostgreSQL(databases.OnPostgreSQL, UsageOnSQLite):
    pass
