# SPDX-License-Identifier: Apache-2.0

"""Tests of the report on the calls of this API."""

import csv
import datetime
import io
import json

from nova_images_compat.db import engine as db_engine
from nova_images_compat.tests.unit.cmd import manage_case
from nova_images_compat.usage import ledger
from nova_images_compat.usage import trend
from nova_images_compat.usage import verdict

NAMES = ['day', 'project', 'agent', 'operation', 'microversion', 'calls']
FIRST = datetime.date(2026, 1, 30)
SECOND = datetime.date(2026, 1, 31)

COUNTS = {
    ledger.Call(FIRST, 'p', 'nova/1', 'images:index', '2.1'): 5,
    ledger.Call(SECOND, 'p', 'nova/1', 'images:index', '2.1'): 20,
    ledger.Call(SECOND, 'q', 'sdk', 'image-metadata:show', '2.38'): 100,
}


class UsageTest(manage_case.ManageTestCase):

    options = {'usage_counts': {'enabled': True}}

    def _add(self, counts: dict[ledger.Call, int]) -> None:
        with db_engine.Database(
                self.configuration.conf).writer() as connection:
            ledger.add(connection, counts)

    def setUp(self) -> None:
        super().setUp()
        self.sync()

    def _json(self, *arguments: str) -> list[list[object]]:
        return [list(row.values()) for row in json.loads(self.succeed(
            'usage', 'report', '--format', 'json', *arguments))]

    def _table(self, *arguments: str) -> list[str]:
        """Return the lines of the table, without the verdict."""
        lines = self.succeed('usage', 'report', *arguments).splitlines()
        start = next(number for number, line in enumerate(lines)
                     if line.startswith('+'))
        return lines[start:]

    def test_table(self) -> None:
        self._add(COUNTS)
        lines = self._table()
        self.assertEqual(
            NAMES, [name.strip() for name in lines[1].split('|')[1:-1]])
        self.assertEqual(
            [['2026-01-31', 'q', 'sdk', 'image-metadata:show', '2.38', '100'],
             ['2026-01-31', 'p', 'nova/1', 'images:index', '2.1', '20'],
             ['2026-01-30', 'p', 'nova/1', 'images:index', '2.1', '5']],
            [[cell.strip() for cell in line.split('|')[1:-1]]
             for line in lines[3:-1]])
        self.assertTrue(lines[5].endswith('     5 |'), lines[5])

    def test_verdict_and_trend(self) -> None:
        today = datetime.datetime.now(datetime.UTC).date()
        self._add({
            ledger.Call(today - datetime.timedelta(days), project, agent,
                        'images:index', '2.1'): calls
            for days, project, agent, calls in (
                (60, 'p', 'curl/8', 1), (30, 'p', 'curl/8', 9),
                (40, 'q', 'libcloud/3', 7), (3, 'q', 'libcloud/3', 8))})
        lines = self.succeed(
            'usage', 'report', '--by', 'agent').splitlines()
        self.assertEqual('1 project still calls, only by libcloud.', lines[1])
        [names, first, second] = [
            [cell.strip() for cell in line.split('|')[1:-1]]
            for line in lines if line.startswith('|')]
        self.assertEqual(
            ['agent', 'client', 'calls', 'last call', 'trend'], names)
        self.assertEqual(
            ['libcloud/3', 'libcloud', '15',
             str(today - datetime.timedelta(3)), trend.Trend.STEADY], first)
        self.assertEqual(
            ['curl/8', 'curl', '10', str(today - datetime.timedelta(30)),
             trend.Trend.STOPPED], second)

    def test_verdict_is_on_all_counts(self) -> None:
        today = datetime.datetime.now(datetime.UTC).date()
        self._add({ledger.Call(
            today - datetime.timedelta(10), 'p', 'curl/8', 'images:index',
            '2.1'): 1})
        since = str(today - datetime.timedelta(5))
        for form in 'table', 'html':
            with self.case(form):
                report = self.succeed(
                    'usage', 'report', '--format', form, '--since', since)
                self.assertIn('The last call was 10 days ago', report)
                self.assertNotIn('curl/8', report)

    def test_json(self) -> None:
        self._add(COUNTS)
        rows = json.loads(
            self.succeed('usage', 'report', '--format', 'json'))
        self.assertEqual(3, len(rows))
        self.assertEqual(
            dict(zip(NAMES, ['2026-01-31', 'q', 'sdk', 'image-metadata:show',
                             '2.38', 100])), rows[0])

    def test_csv(self) -> None:
        self._add(COUNTS)
        rows = list(csv.reader(io.StringIO(
            self.succeed('usage', 'report', '--format', 'csv'))))
        self.assertEqual(NAMES, rows[0])
        self.assertEqual(
            ['2026-01-30', 'p', 'nova/1', 'images:index', '2.1', '5'],
            rows[3])

    def test_nothing_counted(self) -> None:
        for form, said in (('json', '[]\n'), ('csv', ','.join(NAMES) + '\n')):
            with self.case(form, said):
                self.assertEqual(
                    said, self.succeed('usage', 'report', '--format', form))
        for arguments in ((), ('--by', 'project')):
            with self.case(arguments):
                said = self.succeed('usage', 'report', *arguments)
                self.assertTrue(said.startswith(verdict.NOTHING), said)
        self.assertEqual(4, len(self._table()))

    def test_by(self) -> None:
        self._add(COUNTS)
        for by, rows in (
                ('project', [['q', 100], ['p', 25]]),
                ('agent', [['sdk', 100], ['nova/1', 25]]),
                ('operation', [['image-metadata:show', 100],
                               ['images:index', 25]])):
            with self.case(by, rows):
                self.assertEqual(rows, self._json('--by', by))
        self.assertEqual(
            'agent,calls\nsdk,100\nnova/1,25\n', self.succeed(
                'usage', 'report', '--by', 'agent', '--format', 'csv'))

    def test_since(self) -> None:
        self._add(COUNTS)
        self.assertEqual(
            [['q', 100], ['p', 20]],
            self._json('--by', 'project', '--since', '2026-01-31'))
        self.assertEqual([], self._json('--since', '2026-02-01'))

    def test_what_is_no_day(self) -> None:
        for text in ('', 'yesterday', '2026-02-30', '20260131', '2026-W05-6',
                     '2026-1-31', '2026-01-31T00:00', '０００１-01-01'):
            with self.case(text):
                said = self.fail_with('usage', 'purge', '--before', text)
                self.assertTrue(said.startswith('--before'), said)
                said = self.fail_with('usage', 'report', '--since', text)
                self.assertTrue(said.startswith('--since'), said)

    def test_what_is_no_command(self) -> None:
        for arguments in (('report', '--by', 'day'), ('purge',),
                          ('report', '--format', 'xml'), ()):
            with self.case(arguments):
                self.assertEqual(2, self.run_command('usage', *arguments))
                self.assertIn('usage:', self.errors)

    def test_purge(self) -> None:
        self._add(COUNTS)
        for day, deleted, left in (
                ('2026-01-30', 0, 3), ('2026-01-31', 1, 2),
                ('2026-01-31', 0, 2), ('9999-12-31', 2, 0)):
            with self.case(day, deleted, left):
                self.assertEqual(
                    f'{deleted} counts deleted\n',
                    self.succeed('usage', 'purge', '--before', day))
                self.assertEqual(left, len(self._json()))

    def test_agents_are_no_formulas(self) -> None:
        for agent, cell in (
                ('=1+1', "'=1+1"), ('+1', "'+1"), ('-1', "'-1"),
                ('@SUM(A1)', "'@SUM(A1)"), (' =1', " '=1"),
                ('＝1', "'＝1"), ('a;=1', "a;'=1"), ('a, @b', "a, '@b"),
                ('"=1', '"=1'), ('a-b/1.0+2 (x=y)', 'a-b/1.0+2 (x=y)'),
                ('=\t1', "'=1"), ('\x1b[1m', '[1m'), ('a\r\nb', 'ab')):
            with self.case(agent):
                self.succeed('usage', 'purge', '--before', '9999-01-01')
                self._add({ledger.Call(FIRST, '=p', agent, 'o', '2.1'): 1})
                [_, row] = csv.reader(io.StringIO(self.succeed(
                    'usage', 'report', '--format', 'csv')))
                self.assertEqual(["'=p", cell], row[1:3])

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        self._add({ledger.Call(
            FIRST, 'p\n', 'a\x1b[31m\r\u202e\x9bb', 'o\x07', '2.1'): 1})
        for arguments in ((), ('--by', 'agent')):
            with self.case(arguments):
                table = self._table(*arguments)
                self.assertIn('| a[31mb |', '\n'.join(table))
                self.assertEqual(5, len(table))
                self.assertTrue(all(line.isprintable() for line in table))


class NotReadyTest(manage_case.ManageTestCase):

    def test_before_the_first_sync(self) -> None:
        for arguments in (('report',), ('purge', '--before', '2026-01-31')):
            with self.case(arguments):
                self.assertIn('db sync', self.fail_with('usage', *arguments))
