# SPDX-License-Identifier: Apache-2.0

"""Tests of the enforcer for oslo.policy's commands."""

import pathlib
from typing import Any

import fixtures
from oslo_config import cfg

from nova_images_compat.cmd import policy_tools
from nova_images_compat.conf import reader
from nova_images_compat import context as request_context
from nova_images_compat.policies import images
from nova_images_compat.tests.unit import helpers

MEMBER: dict[str, Any] = {
    'project_id': 'p', 'user_id': 'u', 'roles': ['member']}


class GetEnforcerTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(cfg.CONF.reset)

    def _enforcer(self, rules: str) -> policy_tools.Enforcer:
        """Return the enforcer for a policy file."""
        path = self.write('policy.yaml', rules)
        self.useFixture(fixtures.EnvironmentVariable(
            reader.FILES_VARIABLE, self.configuration_of(
                f'[oslo_policy]\npolicy_file = {path}\n')))
        enforcer = policy_tools.get_enforcer()
        self.addCleanup(
            cfg.CONF.clear_override, 'policy_file', 'oslo_policy')
        return enforcer

    def test_of_the_configuration_in_the_usual_place(self) -> None:
        enforcer = self._enforcer(f'"{images.SHOW}": "!"')
        caller = request_context.RequestContext(**MEMBER)
        self.assertFalse(enforcer.authorize(images.SHOW, {}, caller))
        self.assertTrue(enforcer.authorize(images.INDEX, {}, caller))

    def test_of_the_commands_configuration_file(self) -> None:
        rules = self.write('other.yaml', f'"{images.INDEX}": "!"')
        path = self.configuration_of(
            f'[oslo_policy]\npolicy_file = {rules}\n')
        cfg.CONF(['--config-file', path])
        self.assertEqual(
            {images.INDEX: '!'}, self._enforcer('"a": "@"').texts)

    def test_the_command_finds_the_texts_of_the_rules(self) -> None:
        self._enforcer(f'"{images.SHOW}": "role:\xe9"')
        path = pathlib.Path(cfg.CONF.oslo_policy.policy_file)
        self.assertEqual(
            f'{{"{images.SHOW}": "role:\xe9"}}', path.read_text('utf-8'))

    def test_valid_rules(self) -> None:
        self.assertTrue(self._enforcer(
            f'"{images.SHOW}": "rule:admin_api"').check_rules())

    def test_a_rule_that_only_the_service_rejects(self) -> None:
        enforcer = self._enforcer(f'"{images.SHOW}": "not frozen"')
        enforcer.load_rules()
        self.assertFalse(enforcer.check_rules())

    def test_a_file_that_is_not_readable(self) -> None:
        error = self.assertRaises(SystemExit, self._enforcer, '- a')
        self.assertIn('not a mapping of rules', str(error.code))
