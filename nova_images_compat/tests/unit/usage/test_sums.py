# SPDX-License-Identifier: Apache-2.0

"""Tests of the summary of the counts, on each database."""

import datetime

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue
from nova_images_compat.usage import clients
from nova_images_compat.usage import ledger
from nova_images_compat.usage import summary
from nova_images_compat.usage import sums
from nova_images_compat.usage import trend

load_tests = test_fixtures.optimize_module_test_loader()

TODAY = datetime.date(2026, 3, 31)
CALL = ledger.Call(TODAY, 'p', 'curl/8.5.0', 'images:show', '2.1')


def ago(days: int) -> datetime.date:
    return TODAY - datetime.timedelta(days=days)


class SumsOnSQLite(catalogue.CatalogueTest):

    def _add(self, counts: dict[ledger.Call, int]) -> None:
        with self.catalogue.database.writer() as connection:
            ledger.add(connection, counts)

    def _read(self, since: datetime.date | None = None) -> summary.Summary:
        with self.catalogue.database.reader() as connection:
            found = summary.read(connection, TODAY, since)
        assert found is not None
        return found

    def test_nothing_counted(self) -> None:
        with self.catalogue.database.reader() as connection:
            self.assertIsNone(summary.read(connection, TODAY))
        self._add({CALL: 1})
        with self.catalogue.database.reader() as connection:
            self.assertIsNone(summary.read(connection, TODAY, ago(-1)))

    def test_clients_are_those_of_python(self) -> None:
        agents = [
            '', 'other', 'my tool', 'Libcloud/1', 'toolfog/1', 'a\u00e4 fog/1',
            'x curl/8', "quote' \\ %s _ --", *(
                f'{prefix}{marker}1.0' for client in clients.CLIENTS
                for marker in client.markers for prefix in ('', 'app/2 '))]
        self._add({CALL._replace(user_agent=agent): 1 for agent in agents})
        found = self._read()
        self.assertEqual(len(agents), len(found.agents))
        for line in found.agents:
            agent, name = line.key
            with self.case(agent):
                client = clients.recognise(agent)
                self.assertEqual(
                    client.name if client else (
                        clients.NOT_RECOGNISED if agent
                        else clients.NO_AGENT), name)
        self.assertEqual(len(agents), sum(found.agents_of.values()))

    def test_lines(self) -> None:
        self._add({
            CALL._replace(day=ago(days), project_id=project): calls
            for days, project, calls in (
                (0, 'p', 1), (27, 'p', 10), (28, 'p', 100), (55, 'p', 1000),
                (56, 'p', 10000), (30, 'q', 2 ** 40))})
        found = self._read()
        self.assertEqual(trend.Windows(TODAY, 28), found.windows)
        self.assertEqual((ago(56), TODAY), (found.first, found.last))
        self.assertEqual([
            sums.Line(('p', 'curl'), 11111, ago(56), TODAY, 1100, 11),
            sums.Line(('q', 'curl'), 2 ** 40, ago(30), ago(30), 2 ** 40, 0),
        ], found.calls)
        self.assertEqual([('images:show',)], [
            line.key for line in found.operations])
        self.assertEqual(11111 + 2 ** 40, found.total.calls)
        self.assertEqual([('curl',)], [line.key for line in found.clients])

    def test_days(self) -> None:
        self._add({
            CALL._replace(day=ago(days), user_agent=agent, project_id=project):
            1 for days in (0, 3) for agent in ('curl/8.5.0', 'curl/7', '')
            for project in 'pq'})
        found = self._read()
        self.assertEqual({
            (ago(3), 'curl', 4), (ago(3), clients.NO_AGENT, 2),
            (TODAY, 'curl', 4), (TODAY, clients.NO_AGENT, 2)},
            set(found.days))
        self.assertEqual({'curl': 2, clients.NO_AGENT: 1}, found.agents_of)

    def test_since(self) -> None:
        self._add({
            CALL: 1, CALL._replace(day=ago(40), user_agent='sync'): 5})
        found = self._read(ago(20))
        self.assertEqual(
            [('curl/8.5.0', 'curl')], [line.key for line in found.agents])
        self.assertEqual({'curl': 1}, found.agents_of)
        self.assertEqual([(TODAY, 'curl', 1)], found.days)
        self.assertEqual((TODAY, 1), (found.first, found.total.calls))

    def test_many_agents(self) -> None:
        self._add({CALL._replace(user_agent=f'agent-{number}'): number + 1
                   for number in range(summary.MOST_AGENTS + 50)})
        found = self._read()
        self.assertEqual(summary.MOST_AGENTS, len(found.agents))
        self.assertEqual(
            {clients.NOT_RECOGNISED: summary.MOST_AGENTS + 50},
            found.agents_of)


class SumsOnMySQL(databases.OnMySQL, SumsOnSQLite):
    pass


class SumsOnPostgreSQL(databases.OnPostgreSQL, SumsOnSQLite):
    pass
