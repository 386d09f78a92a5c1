# SPDX-License-Identifier: Apache-2.0

"""The jobs in .zuul.yaml name what exists."""

from collections.abc import Iterator
import configparser
import itertools
import pathlib
import re
from typing import Any

import yaml

from nova_images_compat.tests import base

TOP = pathlib.Path(__file__).parents[3]
TEMPEST_TESTS = TOP / 'nova_images_compat/tests/tempest/api'
PACKAGE = 'nova-images-compat'

# What OpenStack's jobs are called: "openstack-tox-" and tox's environment.
OPENSTACK_JOB = 'openstack-tox-'
PYTHONS = ('py311', 'py312', 'py313')


def environments() -> set[str]:
    """Return tox's environments: the sections of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(TOP / 'tox.ini', 'utf-8')
    return {
        name for section in parser.sections()
        if section.startswith('testenv:')
        for name in expanded(section.removeprefix('testenv:'))}


def expanded(name: str) -> Iterator[str]:
    """Yield the names that a name with alternatives in braces stands for."""
    parts = re.split(r'\{([^}]*)\}', name)
    for chosen in itertools.product(*(
            part.split(',') if number % 2 else [part]
            for number, part in enumerate(parts))):
        yield ''.join(chosen)


def checkout() -> Iterator[str]:
    """Yield the paths of the files in the checkout."""
    for entry in TOP.iterdir():
        if entry.is_file():
            yield entry.name
        elif entry.name not in ('.git', '.tox', '.venv'):
            yield from (str(path.relative_to(TOP))
                        for path in entry.rglob('*') if path.is_file())


class JobsTestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        items = yaml.safe_load((TOP / '.zuul.yaml').read_text('utf-8'))
        self.jobs: dict[str, dict[str, Any]] = {
            item['job']['name']: item['job'] for item in items
            if 'job' in item}
        [self.project] = [
            item['project'] for item in items if 'project' in item]

    def _run(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the name and the changes of each job that a change runs."""
        for job in self.project['check']['jobs']:
            if isinstance(job, str):
                yield job, {}
            else:
                yield from job.items()

    def _inherited(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield a job of ours, and all jobs of ours that it comes from."""
        while name in self.jobs:
            yield self.jobs[name]
            name = self.jobs[name]['parent']


class JobsTest(JobsTestCase):

    def test_every_job_exists(self) -> None:
        for name, _ in self._run():
            with self.case(name):
                if name.startswith(OPENSTACK_JOB):
                    self.assertIn(
                        name.removeprefix(OPENSTACK_JOB), environments())
                else:
                    self.assertNotIn('abstract', self.jobs[name])

    def test_every_job_is_run(self) -> None:
        used = {job['name'] for name, _ in self._run()
                for job in self._inherited(name)}
        self.assertEqual(self.jobs.keys(), used)

    def test_what_a_reviewer_expects(self) -> None:
        names = {name for name, _ in self._run()}
        self.assertLessEqual({
            OPENSTACK_JOB + environment for environment in (
                'pep8', 'docs', 'cover', *PYTHONS,
                *(f'functional-{python}' for python in PYTHONS))}, names)
        self.assertEqual(self.project['check'], self.project['gate'])

    def test_the_pythons_are_those_of_the_package(self) -> None:
        versions = re.findall(
            r'Python :: 3\.(\d+)$', (TOP / 'setup.cfg').read_text('utf-8'),
            re.MULTILINE)
        self.assertEqual(
            [f'{OPENSTACK_JOB}py3{version}' for version in versions],
            [name for name, _ in self._run()
             if name.startswith(f'{OPENSTACK_JOB}py3')])

    def test_files_exist(self) -> None:
        files = list(checkout())
        for name, changes in (*self._run(), *self.jobs.items()):
            for pattern in changes.get('irrelevant-files', ()):
                with self.case(name, pattern):
                    self.assertTrue(any(
                        re.match(pattern, path) for path in files))

    def test_relevant_files(self) -> None:
        [base_job] = [
            job for job in self.jobs.values() if job.get('abstract')]
        for path in (
                'setup.cfg', 'requirements.txt', 'devstack/plugin.sh',
                'devstack/settings', 'etc/nova-images-compat/api-paste.ini',
                'nova_images_compat/wsgi.py',
                'nova_images_compat/tests/tempest/plugin.py'):
            with self.case(path):
                self.assertTrue((TOP / path).is_file())
                self.assertEqual([], [
                    pattern for pattern in base_job['irrelevant-files']
                    if re.match(pattern, path)])

    def test_constraints(self) -> None:
        for name, changes in self._run():
            if not name.startswith(OPENSTACK_JOB):
                continue
            with self.case(name):
                directory, _, path = changes['vars'][
                    'tox_constraints_file'].rpartition('}}/')
                self.assertIn('zuul.project.src_dir', directory)
                self.assertTrue((TOP / path).is_file())

    def test_profiles_of_bindep(self) -> None:
        text = (TOP / 'bindep.txt').read_text('utf-8')
        profiles = set(re.findall(r'[\w:]+(?=[^\[\n]*\]$)', text, re.M))
        for name, changes in self._run():
            profile = changes.get('vars', {}).get('bindep_profile', 'test')
            with self.case(name, profile):
                self.assertIn(profile, profiles)


class TempestJobsTest(JobsTestCase):

    def _vars(self, name: str) -> dict[str, Any]:
        """Return the variables of a job of ours, as Zuul merges them."""
        merged: dict[str, Any] = {}
        for job in reversed(list(self._inherited(name))):
            merged.update(job.get('vars', {}))
        return merged

    def _names(self) -> list[str]:
        return [name for name, _ in self._run() if name in self.jobs]

    def test_one_for_each_mode_of_the_plugin(self) -> None:
        script = (TOP / 'devstack/plugin.sh').read_text('utf-8')
        check = re.search(
            r'case "\$NOVA_IMAGES_COMPAT_MODE" in(.*?)esac', script, re.DOTALL)
        assert check
        self.assertEqual(
            sorted(re.findall(r'^\s+(\w+)\)$', check[1], re.MULTILINE)),
            sorted(self._vars(name)['devstack_localrc'][
                'NOVA_IMAGES_COMPAT_MODE'] for name in self._names()))

    def test_variables_are_those_of_the_plugin(self) -> None:
        settings = (TOP / 'devstack/settings').read_text('utf-8')
        for name in self._names():
            for variable in self._vars(name)['devstack_localrc']:
                with self.case(name, variable):
                    self.assertIn(f'\n{variable}=${{{variable}:-', settings)

    def test_plugins(self) -> None:
        settings = (TOP / 'devstack/settings').read_text('utf-8')
        self.assertIn(f'\ndefine_plugin {PACKAGE}\n', settings)
        for name in self._names():
            with self.case(name):
                variables = self._vars(name)
                self.assertEqual([PACKAGE], variables['tempest_plugins'])
                self.assertEqual(
                    [PACKAGE], list(variables['devstack_plugins']))
                self.assertEqual('devstack-tempest', [
                    *self._inherited(name)][-1]['parent'])

    def test_tests(self) -> None:
        for name in self._names():
            pattern = self._vars(name)['tempest_test_regex']
            for path in TEMPEST_TESTS.glob('test_*.py'):
                module = '.'.join(
                    path.relative_to(TOP).with_suffix('').parts)
                with self.case(name, module):
                    self.assertRegex(module, pattern)
            with self.case(name):
                self.assertNotRegex('tempest.api.compute.images', pattern)
