# SPDX-License-Identifier: Apache-2.0

"""The commands of oslo.policy with the policy of the service."""

import json
import pathlib

from nova_images_compat.policies import images
from nova_images_compat import policy
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import commands

OURS = pathlib.Path(fixtures.__file__).parent / 'deployments/policy-ours.yaml'

# The body of Keystone's response to GET /v3/auth/tokens.
ACCESS = {'token': {
    'user': {'id': 'user'}, 'project': {'id': fixtures.PROJECT},
    'roles': [{'name': 'member'}]}}


class TestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.create_tempfiles(
            [('policy', '')], ext='.yaml')[0]).parent

    def configured(self, rules: str, options: str = '') -> tuple[str, str]:
        """Return the arguments that name a configuration with a policy file.

        :param rules: the text of the file
        :param options: more options of ``[oslo_policy]``
        """
        path = self.write('policy.yaml', rules)
        return '--config-file', self.write('service.conf', (
            f'[oslo_policy]\npolicy_file = {path}\n{options}'))

    def write(self, name: str, text: str) -> str:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, 'utf-8')
        return str(path)

    def run_tool(self, name: str, *arguments: str) -> commands.Result:
        """Run a command for our namespace."""
        return commands.run(
            name, '--namespace', 'nova-images-compat', *arguments,
            cwd=str(self.directory))


class ValidatorTest(TestCase):

    def test_valid(self) -> None:
        directory = pathlib.Path(
            self.write('policy.d/closed.yaml', f'"{images.DELETE}": "!"\n'))
        arguments = self.configured(
            f'"{images.SHOW}": "rule:admin_api"\n"admin_api": "role:boss"\n',
            f'policy_dirs = {directory.parent}\n')
        result = self.run_tool('oslopolicy-validator', *arguments)
        self.assertEqual(commands.Result(0, '', ''), result)

    def test_the_usual_place(self) -> None:
        _, path = self.configured('"os_compute_api:images:pet": "@"')
        result = commands.run(
            'oslopolicy-validator', '--namespace', 'nova-images-compat',
            environ={'OS_NOVA_IMAGES_COMPAT_CONFIG_FILES': path})
        self.assertEqual(commands.Result(
            1, 'Unknown rule found in policy file: os_compute_api:images:pet'
               '\n', ''), result)

    def test_no_policy_file(self) -> None:
        path = self.write('service.conf', '')
        result = self.run_tool(
            'oslopolicy-validator', '--config-file', path)
        self.assertEqual(commands.Result(
            1, 'Configured policy file "policy.yaml" not found\n', ''), result)

    def test_invalid(self) -> None:
        for check, reported in (
                ('nonsense', 'Failed to parse rule: nonsense'),
                ('rule:nothing', 'refers to nothing, which does not exist'),
                (f'rule:{images.SHOW}', 'are part of a cyclical reference'),
                # oslo.policy allows everybody, the service does not start.
                ('not frozen', 'cannot parse "not frozen"')):
            with self.case(check):
                result = self.run_tool(
                    'oslopolicy-validator',
                    *self.configured(f'"{images.SHOW}": "{check}"'))
                self.assertEqual(1, result.status)
                self.assertIn('Invalid rules found\n', result.stdout)
                self.assertIn(reported, result.stdout + result.stderr)

    def test_a_rule_in_a_directory(self) -> None:
        path = pathlib.Path(
            self.write('policy.d/open.yaml', f'"{images.SHOW}": "everybody"'))
        result = self.run_tool('oslopolicy-validator', *self.configured(
            '', f'policy_dirs = {path.parent}'))
        self.assertEqual(1, result.status, result.stderr)
        self.assertIn('Failed to parse rule: everybody\n', result.stdout)

    def test_not_readable(self) -> None:
        for rules, reported in (
                ('a: b: c', 'mapping values are not allowed here'),
                (f'"{images.SHOW}": 7', f'{images.SHOW}: 7 is not a rule')):
            with self.case(rules):
                result = self.run_tool(
                    'oslopolicy-validator', *self.configured(rules))
                self.assertEqual((1, ''), (result.status, result.stdout))
                [line] = result.stderr.splitlines()
                self.assertRegex(
                    line, 'nova-images-compat: .oslo_policy. policy_file '
                    f'{self.directory}/policy.yaml: {reported}')

    def test_invalid_configuration(self) -> None:
        path = self.write('service.conf', '[api]\nmax_limit = many\n')
        result = self.run_tool('oslopolicy-validator', '--config-file', path)
        self.assertEqual((1, ''), (result.status, result.stdout))
        [line] = result.stderr.splitlines()
        self.assertIn(f'{path}: [api] max_limit: ', line)

    def test_rules_of_nova_are_unknown(self) -> None:
        result = self.run_tool(
            'oslopolicy-validator', *self.configured(OURS.read_text('utf-8')))
        self.assertEqual(1, result.status)
        self.assertEqual(
            ['Unknown rule found in policy file: ' + name for name in (
                'os_compute_api:servers:create',
                'os_compute_api:os-hypervisors:list', 'frozen')],
            result.stdout.splitlines())


class OtherToolsTest(TestCase):

    def test_redundant_rules(self) -> None:
        result = self.run_tool('oslopolicy-list-redundant', *self.configured(
            f'"{images.SHOW}": "@"\n"{images.DELETE}": "!"\n'))
        self.assertEqual(
            (0, f'"{images.SHOW}": "@"\n'), (result.status, result.stdout))

    def test_check_an_effective_policy(self) -> None:
        effective = str(self.directory / 'effective.yaml')
        result = self.run_tool(
            'oslopolicy-policy-generator', '--output-file', effective,
            *self.configured(f'"{images.DELETE}": "rule:admin_api"'))
        self.assertEqual(0, result.status, result.stderr)
        result = commands.run(
            'oslopolicy-checker', '--policy', effective, '--access',
            self.write('access.json', json.dumps(ACCESS)))
        self.assertEqual(0, result.status, result.stderr)
        self.assertEqual(
            sorted(f'{"failed" if name == images.DELETE else "passed"}: '
                   f'{name}' for name in policy.RULES),
            sorted(result.stdout.splitlines()))

    def test_convert_a_json_file(self) -> None:
        path = self.write('policy.json', json.dumps(
            {images.SHOW: '@', images.DELETE: 'role:boss'}))
        result = self.run_tool(
            'oslopolicy-convert-json-to-yaml', '--policy-file', path)
        self.assertEqual(0, result.status, result.stderr)
        lines = result.stdout.splitlines()
        self.assertIn(f'#"{images.SHOW}": "@"', lines)
        self.assertIn(f'"{images.DELETE}": "role:boss"', lines)

    def test_sample(self) -> None:
        result = self.run_tool('oslopolicy-sample-generator')
        self.assertEqual(0, result.status, result.stderr)
        self.assertEqual(list(policy.RULES), [
            line.split('"')[1] for line in result.stdout.splitlines()
            if line.startswith('#"')])
