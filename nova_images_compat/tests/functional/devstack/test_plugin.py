# SPDX-License-Identifier: Apache-2.0

"""The DevStack plugin in any mode: what it must not change, and its calls."""

import pathlib
import re

import testscenarios

from nova_images_compat.tests.functional.devstack import base

load_tests = testscenarios.load_tests_apply_scenarios

# A command's name as `declare -f` prints it: first on a line, or after one of
# these words. The text after it excludes assignments and patterns of a case.
COMMAND = re.compile(
    r'(?:^\s*(?:if )?(?:! )?|&& |\|\| |\| |\$\()([\w.][\w.-]*)(?=[\s;)]|$)',
    re.MULTILINE)
CASE_PATTERN = re.compile(r'^\s*("[^"]*"|\S+)\)$', re.MULTILINE)


class ModeTest(base.TestCase):
    """The plugin where it must not do anything."""

    scenarios = [
        (f'mode {mode}', {'mode': mode})
        for mode in ('filter', 'service', 'sidecar')]
    mode: str

    def setUp(self) -> None:
        super().setUp()
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = self.mode

    def test_disabled(self) -> None:
        self.variables['DISABLED_SERVICES'] = 'images-compat'
        before = self.tempest_conf.read_text()
        self.stack()
        self.clean()
        self.assertEqual([], self.calls())
        self.assertEqual(base.API_PASTE, self.api_paste.read_text())
        self.assertEqual(before, self.tempest_conf.read_text())
        self.assertFalse(self.conf_dir.exists())

    def test_clean_without_stack(self) -> None:
        self.clean()
        self.assertEqual(base.API_PASTE, self.api_paste.read_text())

    def test_clean_without_nova(self) -> None:
        self.api_paste.unlink()
        self.clean()
        self.assertFalse(self.api_paste.exists())


class BadModeTest(base.TestCase):
    """The plugin with an unknown mode."""

    def test_ends_the_run_before_it_changes_anything(self) -> None:
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = 'sidecar'
        done = self.run_phases(
            base.STACK[0], options='set -o errexit', check=False)
        self.assertEqual(1, done.returncode)
        self.assertEqual(
            "NOVA_IMAGES_COMPAT_MODE must be filter or service, not "
            "'sidecar'\n", done.stderr)
        self.assertEqual([], self.calls())


class NamesTest(base.TestCase):
    """The plugin calls only what exists."""

    def test_nova_stays_enabled_where_the_service_is_disabled(self) -> None:
        # DevStack's is_nova_enabled says no if a disabled service's name
        # begins with "nova".
        self.assertEqual(
            ['enable_service images-compat'],
            re.findall(r'^enable_service .*', base.SETTINGS.read_text(), re.M))

    def test_every_command_is_known(self) -> None:
        called = self._called(base.PLUGIN) | self._called(base.SETTINGS)
        self.assertIn('write_uwsgi_config', called)
        names = ' '.join(sorted(called))
        types = self.bash(
            f'{self._defined_as("whole", base.PLUGIN)}\n'
            'ENABLED_SERVICES=\nwhole\n'
            f'for name in {names}; do\n'
            'echo "$name $(type -t "$name")"\ndone').stdout
        kinds = dict(line.split(' ') for line in types.splitlines())
        self.assertEqual(set(), {
            name for name, kind in kinds.items()
            if kind not in ('function', 'builtin', 'keyword')
            and name not in base.PROGRAMS})

    def test_every_recorder_is_called(self) -> None:
        recorders = set(re.findall(
            r'^function (\w+) ', base.RECORDERS.read_text(), re.MULTILINE))
        called = self._called(base.PLUGIN) | self._called(base.SETTINGS)
        # sudo calls a2dissite.
        self.assertEqual({'a2dissite', 'ini', 'record'}, recorders - called)
        self.assertIn('sudo a2dissite ', base.PLUGIN.read_text())

    def test_a_misspelt_function_is_found(self) -> None:
        misspelt = self.scratch / 'misspelt.sh'
        misspelt.write_text(base.PLUGIN.read_text().replace(
            'if ! wait_for_service', 'if ! wait_for_servce'))
        self.assertIn('wait_for_servce', self._called(misspelt))

    def _called(self, script: pathlib.Path) -> set[str]:
        """Return the names of all commands in a script."""
        printed = self.bash(
            f'{self._defined_as("whole", script)}\ndeclare -f whole').stdout
        body = re.sub(r'\bfunction \w+', '', printed.partition('\n')[2])
        return {
            name for name in COMMAND.findall(CASE_PATTERN.sub('', body))
            if not name.isdigit()}

    def _defined_as(self, name: str, script: pathlib.Path) -> str:
        return f'eval "function {name} {{ $(< {script})\n}}"'
