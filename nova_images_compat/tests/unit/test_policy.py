# SPDX-License-Identifier: Apache-2.0

"""Tests of the operator's policy."""

import os

import fixtures

from nova_images_compat.conf import loader
from nova_images_compat import context
from nova_images_compat import exception
from nova_images_compat.policies import image_size
from nova_images_compat.policies import images
from nova_images_compat import policy
from nova_images_compat.tests.unit import helpers

MEMBER = {'user_id': 'user', 'project_id': 'project', 'roles': ['member']}


class PolicyTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.member = context.RequestContext(**MEMBER)

    def _policy(self, text: str) -> policy.Policy:
        self.path = self.write('policy.yaml', text)
        return policy.Policy(self.configure(
            {'oslo_policy': {'policy_file': self.path}}))

    def test_without_a_file_every_caller_may_do_everything(self) -> None:
        rules = policy.Policy(self.configure())
        rules.authorize(self.member, images.DELETE)
        self.assertTrue(rules.allows(self.member, image_size.SIZE))

    def test_an_empty_file_changes_nothing(self) -> None:
        self._policy('').authorize(self.member, images.DELETE)

    def test_refusal_names_the_rule(self) -> None:
        rules = self._policy(f'"{images.SHOW}": "role:nobody"')
        error = self.assertRaises(
            exception.PolicyNotAuthorized, rules.authorize, self.member,
            images.SHOW)
        self.assertIn(images.SHOW, error.message)
        rules.authorize(self.member, images.INDEX)

    def test_rules_see_the_caller(self) -> None:
        rules = self._policy(
            f'"{images.SHOW}": "project_id:project and user_id:user"\n'
            f'"{images.INDEX}": "project_id:%(project_id)s"\n'
            f'"{images.DELETE}": "is_admin:True"\n')
        self.assertTrue(rules.allows(self.member, images.SHOW))
        self.assertTrue(rules.allows(self.member, images.INDEX))
        self.assertFalse(rules.allows(self.member, images.DELETE))
        other = context.RequestContext(**{**MEMBER, 'project_id': 'other'})
        self.assertFalse(rules.allows(other, images.SHOW))

    def test_a_file_that_changed_is_read_again(self) -> None:
        rules = self._policy(f'"{images.SHOW}": "!"')
        self.assertFalse(rules.allows(self.member, images.SHOW))
        with open(self.path, 'w') as file:
            file.write(f'"{images.SHOW}": "@"')
        later = os.path.getmtime(self.path) + 10
        os.utime(self.path, (later, later))
        self.assertTrue(rules.allows(self.member, images.SHOW))

    def test_applications_do_not_share_rules(self) -> None:
        strict = self._policy(f'"{images.SHOW}": "!"')
        open_to_all = policy.Policy(self.configure())
        self.assertFalse(strict.allows(self.member, images.SHOW))
        self.assertTrue(open_to_all.allows(self.member, images.SHOW))

    def test_an_invalid_file_is_refused_by_its_name(self) -> None:
        rule = f'"{images.SHOW}"'
        for name, text in (
                ('no YAML', 'a: ['),
                ('no mapping', '- a'),
                ('text', 'text'),
                ('number for a rule', f'{rule}: 5'),
                ('unknown rule', f'{rule}: "rule:nowhere"'),
                ('circle', f'{rule}: "rule:{images.SHOW}"')):
            with self.subTest(name):
                error = self.assertRaises(
                    exception.ConfigurationError, self._policy, text)
                self.assertIn(self.path, str(error))

    def test_a_bad_check_string_is_refused_by_its_rule(self) -> None:
        for check in ('nonsense', 'role:member or', '(role:member'):
            with self.subTest(check):
                error = self.assertRaises(
                    exception.ConfigurationError, self._policy,
                    f'"{images.SHOW}": "{check}"')
                self.assertIn(self.path, str(error))

    def test_a_file_that_the_operator_names_must_be_there(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'none')
        conf = self.configure({'oslo_policy': {'policy_file': path}})
        error = self.assertRaises(
            exception.ConfigurationError, policy.Policy, conf)
        self.assertIn(path, str(error))


class GetEnforcerTest(helpers.TestCase):

    def test_of_the_configuration_in_the_usual_place(self) -> None:
        rules = self.write('policy.yaml', f'"{images.SHOW}": "!"')
        self.useFixture(fixtures.EnvironmentVariable(
            loader.FILES_VARIABLE, self.configuration_of(
                f'[oslo_policy]\npolicy_file = {rules}\n')))
        enforcer = policy.get_enforcer()
        caller = context.RequestContext(**MEMBER)
        self.assertFalse(enforcer.authorize(images.SHOW, {}, caller))
        self.assertTrue(enforcer.authorize(images.INDEX, {}, caller))
