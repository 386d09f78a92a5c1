# SPDX-License-Identifier: Apache-2.0

"""Tests of the report as a page, of its file, and of the projects' names."""

import datetime
import os
import pathlib
import stat
from typing import Any

import fixtures
from requests_mock.contrib import fixture as requests_fixture

from nova_images_compat.db import engine as db_engine
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.cmd import manage_case
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.usage import ledger
from nova_images_compat.usage import sums
from nova_images_compat.usage import verdict

DAY = datetime.date(2026, 1, 30)
HOSTILE = '</style><script>alert(1)</script>"\'&\u202e'

PROJECTS = f'{identity_case.KEYSTONE}/projects'


COUNTING: dict[str, dict[str, Any]] = {'usage_counts': {'enabled': True}}


class PageTestCase(manage_case.ManageTestCase):

    options = COUNTING

    def setUp(self) -> None:
        super().setUp()
        self.sync()

    def _add(self, *agents: str) -> None:
        with db_engine.Database(
                self.configuration.conf).writer() as connection:
            ledger.add(connection, {
                ledger.Call(DAY, 'p-1', agent, 'images:show', '2.1'): 3
                for agent in agents})


class PageTest(PageTestCase):

    def _page(self, *arguments: str) -> str:
        return self.succeed(
            'usage', 'report', '--format', 'html', *arguments)

    def test_page(self) -> None:
        self._add('libcloud/3.8.0', 'backup')
        page = self._page()
        for text in ('Nobody has called for', 'not recognised', 'p-1',
                     '2026-01-30', 'images:show', '<svg', 'backup'):
            with self.case(text):
                self.assertIn(text, page)
        self.assertLess(page.index('Nobody has called'), page.index('<svg'))

    def test_call_of_another_day_meanwhile(self) -> None:
        self._add('backup')
        days = sums.Sums.by_day
        tomorrow = datetime.datetime.now(
            datetime.UTC).date() + datetime.timedelta(1)
        self.useFixture(fixtures.MonkeyPatch(
            'nova_images_compat.usage.sums.Sums.by_day',
            lambda found: [*days(found), (tomorrow, 'curl', 1)]))
        self.assertIn(f'to <time>{tomorrow}</time>', self._page())

    def test_nothing_counted(self) -> None:
        page = self._page()
        self.assertIn(verdict.NOTHING, page)
        self.assertNotIn('<svg', page)

    def test_only_the_table_that_is_asked_for(self) -> None:
        self._add('backup')
        for by, title in (('project', 'Projects'), ('agent', 'User agents'),
                          ('operation', 'Operations')):
            with self.case(by):
                page = self._page('--by', by)
                self.assertEqual(1, page.count('<table'))
                self.assertIn(f'<h2>{title}</h2>', page)

    def test_agents_are_text(self) -> None:
        self._add(HOSTILE, 'x' * 200, '{{ 1 + 1 }}')
        page = self._page()
        for text in ('<script', '\u202e'):
            with self.case(text):
                self.assertNotIn(text, page)
        self.assertIn('&lt;/style&gt;&lt;script&gt;alert(1)', page)
        self.assertIn('{{ 1 + 1 }}', page)

    def test_the_same_counts_make_the_same_page(self) -> None:
        self._add('curl/8.5.0')
        first, second = (
            [line for line in self._page().splitlines()
             if 'Generated' not in line] for _ in range(2))
        self.assertEqual(first, second)

    def test_extra_that_is_missing(self) -> None:
        with own_fixtures.Installed({'matplotlib': None}):
            said = self.fail_with('usage', 'report', '--format', 'html')
            self.succeed('usage', 'report')
        self.assertIn('install nova-images-compat[report]', said)


class OutputTest(PageTestCase):

    def setUp(self) -> None:
        super().setUp()
        self._add('backup')
        self.folder = pathlib.Path(self.configuration.directory) / 'out'
        self.folder.mkdir()
        self.file = self.folder / 'report'

    def _write(self, form: str) -> None:
        self.assertEqual('', self.succeed(
            'usage', 'report', '--format', form, '--output', str(self.file)))

    def test_every_format(self) -> None:
        for form in ('table', 'html', 'json', 'csv'):
            with self.case(form):
                self._write(form)
                self.assertIn('backup', self.file.read_text('utf-8'))
                self.assertEqual(
                    0o600, stat.S_IMODE(self.file.stat().st_mode))
        self.assertEqual(['report'], os.listdir(self.folder))

    def test_file_is_replaced_as_a_whole(self) -> None:
        self.file.write_text('old')
        with self.file.open() as reader:
            self._write('csv')
            self.assertEqual('old', reader.read())

    def test_link_stays(self) -> None:
        link = self.folder / 'link'
        link.symlink_to(self.file)
        self.succeed('usage', 'report', '--output', str(link))
        self.assertTrue(link.is_symlink())
        self.assertIn('backup', self.file.read_text('utf-8'))

    def test_device_stays(self) -> None:
        self.succeed('usage', 'report', '--output', '/dev/null')
        self.assertTrue(stat.S_ISCHR(os.stat('/dev/null').st_mode))

    def test_open_file_stays(self) -> None:
        self.assertIn('backup', self.succeed(
            'usage', 'report', '--output', '/dev/stdout'))
        with self.file.open('w') as file:
            file.write('before\n')
            file.flush()
            self.succeed('usage', 'report', '--output',
                         f'/dev/fd/{file.fileno()}')
        written = self.file.read_text('utf-8')
        self.assertTrue(written.startswith('before\n'), written)
        self.assertIn('backup', written)

    def test_file_that_cannot_be_written(self) -> None:
        for path in (f'{self.folder}/none/report', str(self.folder),
                     '/dev/full'):
            with self.case(path):
                said = self.fail_with(
                    'usage', 'report', '--output', path)
                self.assertTrue(said.startswith(f'--output {path}: '), said)
        self.assertEqual([], os.listdir(self.folder))


class NamesTest(PageTestCase):

    options = {
        **COUNTING,
        'api': {'auth_strategy': 'keystone'},
        'keystone_authtoken': identity_case.OPTIONS}

    def setUp(self) -> None:
        super().setUp()
        self._add('backup')
        self.mocker = self.useFixture(requests_fixture.Fixture())
        self.mocker.post(
            identity_case.TOKENS, json=identity_case.token(),
            headers={'X-Subject-Token': 'ours'})
        self.mocker.get(identity_case.KEYSTONE, json={'version': {
            'id': 'v3.14', 'status': 'stable', 'links': [
                {'rel': 'self', 'href': identity_case.KEYSTONE}]}})

    def _project(self, **answer: Any) -> Any:
        return self.mocker.get(PROJECTS, **answer)

    def test_names(self) -> None:
        asked = self._project(json={'projects': [
            {'id': 'p-1', 'name': 'Payments <b>'},
            {'id': 'p-2', 'name': 'other'}]})
        page = self.succeed('usage', 'report', '--format', 'html', '--names')
        self.assertIn(
            '<bdi>Payments &lt;b&gt;</bdi><br><small>p-1</small>', page)
        for arguments in ((), ('--by', 'project')):
            with self.case(arguments):
                table = self.succeed(
                    'usage', 'report', '--names', *arguments)
                self.assertRegex(table, r'\| p-1 +\| Payments <b> +\|')
        self.assertEqual('ours', asked.last_request.headers['X-Auth-Token'])

    def test_keystone_that_gives_none(self) -> None:
        answers: tuple[dict[str, Any], ...] = (
            {'status_code': 403}, {'status_code': 500}, {'json': {}},
            {'json': {'projects': 3}},
            {'json': {'projects': [{'id': 'p-1'}]}}, {'text': 'Welcome'})
        for answer in answers:
            with self.case(answer):
                self._project(**answer)
                self.assertEqual(0, self.run_command(
                    'usage', 'report', '--names'))
                [line] = self.errors.splitlines()
                self.assertIn('no names of projects: ', line)
                self.assertIn('| p-1 ', self.output)

    def test_without_keystone(self) -> None:
        self.mocker.post(identity_case.TOKENS, status_code=401)
        self.assertEqual(0, self.run_command('usage', 'report', '--names'))
        [line] = self.errors.splitlines()
        self.assertIn('no names of projects: ', line)
        self.assertNotIn(identity_case.SECRET, line)

    def test_reports_without_projects(self) -> None:
        for form in ('table', 'html'):
            with self.case(form):
                self.assertIn('--names', self.fail_with(
                    'usage', 'report', '--format', form, '--by', 'agent',
                    '--names'))

    def test_formats_without_names(self) -> None:
        for form in ('json', 'csv'):
            with self.case(form):
                self.assertIn('--names', self.fail_with(
                    'usage', 'report', '--format', form, '--names'))
