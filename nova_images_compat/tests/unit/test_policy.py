# SPDX-License-Identifier: Apache-2.0

"""Tests of the operator's policy."""

import logging
import os
from typing import Any

import fixtures

from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.policies import image_size
from nova_images_compat.policies import images
from nova_images_compat import policy
from nova_images_compat.tests.unit import helpers

MEMBER: dict[str, Any] = {
    'user_id': 'user', 'project_id': 'project', 'roles': ['member']}


class PolicyTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.member = request_context.RequestContext(**MEMBER)

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
        other = request_context.RequestContext(
            **{**MEMBER, 'project_id': 'other'})
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
            with self.case(name):
                error = self.assertRaises(
                    exception.ConfigurationError, self._policy, text)
                self.assertIn(self.path, str(error))

    def test_a_bad_check_string_is_refused_by_its_rule(self) -> None:
        for check in (
                'nonsense', 'role:member or', '(role:member', 'not nonsense',
                'role:member and not frozen', 'role:member or (! or frozen)'):
            with self.case(check):
                error = self.assertRaises(
                    exception.ConfigurationError, self._policy,
                    f'"{images.SHOW}": "{check}"')
                self.assertIn(self.path, str(error))

    def test_a_rule_that_denies_can_be_read(self) -> None:
        for check, allowed in (
                ('!', False), ('(!)', False), ('not !', True),
                ('role:nobody or (! or role:member)', True)):
            with self.case(check):
                rules = self._policy(f'"{images.SHOW}": "{check}"')
                self.assertEqual(
                    allowed, rules.allows(self.member, images.SHOW))

    def test_defaults_are_novas(self) -> None:
        options = self.configure().oslo_policy
        self.assertEqual('policy.yaml', options.policy_file)
        self.assertTrue(options.enforce_new_defaults)

    def test_a_file_that_the_operator_names_must_be_there(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'none')
        conf = self.configure({'oslo_policy': {'policy_file': path}})
        error = self.assertRaises(
            exception.ConfigurationError, policy.Policy, conf)
        self.assertIn(path, str(error))

    def test_a_missing_file_that_may_be_missing(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'p.yaml')
        conf = self.configure({'oslo_policy': {'policy_file': path}})
        log = self.log_lines(conf, level=logging.WARNING)
        rules = policy.Policy(conf, may_be_missing=True)
        self.assertTrue(rules.allows(self.member, images.SHOW))
        [line] = log
        self.assertIn(path, line)
        with open(path, 'w') as file:
            file.write(f'"{images.SHOW}": "!"')
        self.useFixture(fixtures.MockPatch('time.monotonic', lambda: 1e9))
        self.assertFalse(rules.allows(self.member, images.SHOW))

    def test_rules_of_others_are_not_checked(self) -> None:
        for others in (
                '"os_compute_api:servers:create": "rule:nowhere"',
                '"a": "rule:b"\n"b": "rule:a"',
                '"os_compute_api:servers:index": "(role:"',
                '"a": 5\n"b": [["role:admin"]]\n"c": {"d": null}\n5: 6',
                '"context_is_admin": "rule:nowhere"',
                '"project_member_or_admin": "rule:project_member_or_admin"'):
            with self.case(others):
                log = self.useFixture(fixtures.FakeLogger())
                rules = self._policy(
                    f'{others}\n"{images.SHOW}": "role:member"')
                self.assertTrue(rules.allows(self.member, images.SHOW))
                self.assertEqual([], [
                    line for line in log.output.splitlines()
                    if not line.startswith('enforce:')])

    def test_rules_that_ours_refer_to_are_checked(self) -> None:
        for others in (
                '"a": "role:x and not rule:b"\n"b": "(role:"',
                '"a": "role:x or rule:b"\n"b": "rule:nowhere"',
                '"a": "rule:b"\n"b": "not (role:x and rule:a)"',
                '"a": 5', '"a": {}', '"b": "@"',
                '"a": "is_admin:True"\n"context_is_admin": "rule:nowhere"'):
            with self.case(others):
                error = self.assertRaises(
                    exception.ConfigurationError, self._policy,
                    f'{others}\n"{images.SHOW}": "rule:a"')
                self.assertIn(self.path, str(error))

    def test_the_file_of_a_rule_is_named(self) -> None:
        directory = self.useFixture(fixtures.TempDir())
        for name, check in (('2.yaml', '(role:'), ('1.yaml', '@')):
            with open(directory.join(name), 'w') as file:
                file.write(f'"{images.SHOW}": "{check}"')
        os.mkdir(directory.join('3.yaml'))
        error = self.assertRaises(
            exception.ConfigurationError, policy.Policy, self.configure({
                'oslo_policy': {'policy_dirs': directory.path}}))
        self.assertIn(directory.join('2.yaml'), str(error))
        self.assertIn(images.SHOW, str(error))

    def test_the_librarys_log_is_not_touched(self) -> None:
        levels: list[int] = []
        logger = logging.getLogger('oslo_policy')
        self.useFixture(fixtures.MockPatchObject(
            logger, 'setLevel', levels.append))
        self._policy(f'"{images.SHOW}": "!"')
        self.assertEqual([], levels)


class NovaRulesTest(helpers.TestCase):
    """Rules of ours that are written with Nova's."""

    CALLERS = {
        'admin': ['admin'], 'manager': ['manager'], 'member': ['member'],
        'reader': ['reader'], 'service': ['service'], 'boss': ['boss']}

    def _allowed(
        self, check: str, others: str = '', only_new_defaults: bool = True,
    ) -> set[str]:
        """Return who passes, of callers with a role of that name."""
        rules = policy.Policy(self.configure({'oslo_policy': {
            'policy_file': self.write(
                'policy.yaml', f'"{images.SHOW}": "{check}"\n{others}'),
            'enforce_new_defaults': only_new_defaults}}))
        return {
            name for name, roles in self.CALLERS.items() if rules.allows(
                request_context.RequestContext(**{**MEMBER, 'roles': roles}),
                images.SHOW)}

    def test_defaults(self) -> None:
        for rule, expected in (
                ('context_is_admin', {'admin'}), ('admin_api', {'admin'}),
                ('admin_or_owner', set(self.CALLERS)),
                ('project_manager_api', {'manager'}),
                ('project_member_api', {'member'}),
                ('project_reader_api', {'reader'}),
                ('service_api', {'service'}),
                ('project_manager_or_admin', {'manager', 'admin'}),
                ('project_member_or_admin', {'member', 'admin'}),
                ('project_reader_or_admin', {'reader', 'admin'}),
                ('service_or_admin', {'service', 'admin'})):
            with self.case(rule, expected):
                self.assertEqual(expected, self._allowed(f'rule:{rule}'))

    def test_old_defaults(self) -> None:
        for rule, expected in (
                ('context_is_admin', {'admin'}),
                ('project_manager_api', {'manager', 'admin'}),
                ('project_member_api', set(self.CALLERS)),
                ('project_reader_or_admin', set(self.CALLERS)),
                ('service_api', {'service', 'admin'})):
            with self.case(rule, expected):
                self.assertEqual(expected, self._allowed(
                    f'rule:{rule}', only_new_defaults=False))

    def test_is_admin(self) -> None:
        self.assertEqual({'admin'}, self._allowed('is_admin:True'))
        self.assertEqual(
            set(self.CALLERS) - {'admin'}, self._allowed('is_admin:False'))

    def test_a_file_decides_who_is_an_admin(self) -> None:
        others = '"context_is_admin": "role:boss"'
        for check in ('is_admin:True', 'rule:admin_api',
                      'rule:context_is_admin'):
            with self.case(check):
                self.assertEqual({'boss'}, self._allowed(check, others))
        self.assertEqual({'boss', 'member'}, self._allowed(
            'rule:project_member_or_admin', others))

    def test_a_file_overrides_them(self) -> None:
        self.assertEqual({'boss'}, self._allowed(
            'rule:project_member_or_admin',
            '"project_member_or_admin": "role:boss"'))
