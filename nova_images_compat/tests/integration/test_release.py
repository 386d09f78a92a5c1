# SPDX-License-Identifier: Apache-2.0

"""Our package with Nova and the libraries of a release of OpenStack."""

import pathlib
import re
import subprocess

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import venvs

OURS = 'nova-images-compat'

# Packages that may be installed with ours.
MAY_COME = {'orjson', 'osprofiler'}

# Packages of an empty virtual environment.
OF_THE_VENV = {'pip', 'setuptools'}

Packages = dict[str, str]


def read(path: pathlib.Path) -> Packages:
    """Return the package versions of a file, by normalised names."""
    found = re.findall(
        r'^([A-Za-z0-9._-]+)==(\S+)$', path.read_text(), re.MULTILINE)
    return {
        re.sub(r'[-_.]+', '-', name).lower(): version
        for name, version in found}


class ReleaseTest(base.IntegrationTestCase):

    def setUp(self) -> None:
        super().setUp()
        venv = pathlib.Path(self.stack.venvs['nova'])
        self.before = read(venv / venvs.BEFORE)
        self.after = read(venv / venvs.AFTER)
        self.pins = read(venvs.pins(self.stack.release))

    def pip(self, *arguments: str) -> str:
        """Run pip in the environment, and return its output."""
        ran = subprocess.run(
            [self.stack.program('nova', 'python'), '-m', 'pip',
             '--disable-pip-version-check', *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=servers.TIMEOUT)
        self.assertEqual(0, ran.returncode, ran.stdout)
        return ran.stdout

    def test_nova_is_of_the_release(self) -> None:
        wanted = venvs.NOVAS[self.stack.release]
        for name, packages in (
                ('before', self.before), ('after', self.after),
                ('pins', self.pins)):
            with self.case(name):
                self.assertEqual(wanted, int(packages['nova'].split('.')[0]))

    def test_installing_us_changed_no_version(self) -> None:
        self.assertNotIn(OURS, self.before)
        self.assertIn(OURS, self.after)
        self.assertGreater(len(self.before), 100)
        self.assertEqual(self.before, {
            name: version for name, version in self.after.items()
            if name in self.before})

    def test_few_packages_were_added(self) -> None:
        came = self.after.keys() - self.before.keys() - {OURS}
        self.assertLessEqual(came, MAY_COME)

    def test_versions_are_those_that_are_pinned(self) -> None:
        installed = {
            name: version for name, version in self.after.items()
            if name not in OF_THE_VENV | {OURS}}
        self.assertEqual(installed, {
            name: version for name, version in self.pins.items()
            if name in installed})

    def test_nothing_is_broken(self) -> None:
        self.assertIn('No broken requirements found.', self.pip('check'))
