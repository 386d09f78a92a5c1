# SPDX-License-Identifier: Apache-2.0

"""The hooks of pre-commit, and the script that runs them."""

import configparser
from importlib import metadata
import os
import pathlib
import shutil
import subprocess
import sysconfig
from typing import Any

import fixtures
import yaml

from nova_images_compat.tests import base

TOP = pathlib.Path(__file__).parents[3]
CONFIG = '.pre-commit-config.yaml'
PROGRAMS = '.tox/pep8/bin/'

# Rejects every file that ends in .bad.
HOOKS = '''\
repos:
  - repo: local
    hooks:
      - id: bad
        name: no bad files
        entry: bad files
        language: fail
        files: \\.bad$
'''


def pinned() -> set[str]:
    """Return the packages in upper-constraints.txt."""
    text = (TOP / 'upper-constraints.txt').read_text('utf-8')
    return {line.partition('==')[0].replace('_', '-').lower()
            for line in text.splitlines()}


class HooksTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        config = yaml.safe_load((TOP / CONFIG).read_text('utf-8'))
        self.hooks: list[dict[str, Any]] = [
            hook for repo in config['repos'] for hook in repo['hooks']]

    def test_every_program_is_pinned(self) -> None:
        packages = {
            path.name: package.name for package in metadata.distributions()
            for path in package.files or () if path.parent.name == 'bin'}
        for hook in self.hooks:
            with self.case(hook['id']):
                program = hook['entry'].split()[0]
                self.assertEqual('system', hook['language'])
                self.assertTrue(program.startswith(PROGRAMS))
                package = packages[program.removeprefix(PROGRAMS)]
                self.assertIn(package.replace('_', '-').lower(), pinned())

    def test_what_a_reviewer_expects(self) -> None:
        self.assertLessEqual(
            {'bashate', 'check-yaml', 'codespell', 'doc8', 'end-of-file-fixer',
             'hacking', 'mypy', 'reno', 'shellcheck', 'trailing-whitespace'},
            {hook['id'] for hook in self.hooks})

    def test_files_exist(self) -> None:
        for hook in self.hooks:
            if hook.get('exclude', '').endswith('$'):
                with self.case(hook['id']):
                    path = hook['exclude'].strip('^$').replace('\\', '')
                    self.assertTrue((TOP / path).is_file())

    def test_tox_runs_them(self) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(TOP / 'tox.ini', 'utf-8')
        self.assertRegex(
            parser['testenv:pep8']['commands'],
            r'tools/check-style\.sh .*run --all-files')


class CheckStyleTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.top = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path, 'checkout')
        (self.top / 'tools').mkdir(parents=True)
        shutil.copy(TOP / 'tools/check-style.sh', self.top / 'tools')
        (self.top / CONFIG).write_text(HOOKS, 'utf-8')
        (self.top / 'file.bad').touch()

    def _environ(self) -> dict[str, str]:
        return {
            'PATH': f'{sysconfig.get_path("scripts")}:{os.environ["PATH"]}',
            'HOME': str(self.top.parent),
            'PRE_COMMIT_HOME': str(self.top.parent / 'pre-commit')}

    def _check(self) -> tuple[int, str]:
        """Run the hooks, and return the exit status and the output."""
        result = subprocess.run(
            [self.top / 'tools/check-style.sh', 'run', '--all-files'],
            env=self._environ(), text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=60)
        return result.returncode, result.stdout

    def test_an_unpacked_archive(self) -> None:
        status, output = self._check()
        self.assertEqual(1, status, output)
        self.assertIn('file.bad', output)
        (self.top / 'file.bad').unlink()
        self.assertEqual(0, self._check()[0])
        self.assertFalse((self.top / '.git').exists())

    def test_a_clone(self) -> None:
        for arguments in (['init', '-q'], ['add', '--all']):
            subprocess.run(['git', *arguments], cwd=self.top,
                           env=self._environ(), check=True, timeout=60)
        (self.top / 'not-added.bad').touch()
        status, output = self._check()
        self.assertEqual(1, status, output)
        self.assertIn('file.bad', output)
        self.assertNotIn('not-added.bad', output)
