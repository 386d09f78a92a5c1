# SPDX-License-Identifier: Apache-2.0

"""The rules of an operator's policy file, and the operations they guard."""

import math
import os
from unittest import mock

import fixtures as fixtures_library
from oslo_policy import policy as oslo_policy
import testscenarios

from nova_images_compat import policies
from nova_images_compat.policies import base as policies_base
from nova_images_compat.policies import image_size
from nova_images_compat.policies import images
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import operations

load_tests = testscenarios.load_tests_apply_scenarios

NOBODY = '!'
ADMIN_ONLY = 'role:admin'
MEMBERS_ONLY = 'role:member'
SIZE = 'OS-EXT-IMG-SIZE:size'


class EachRuleDenied(base.TestCase):
    """One rule is denied to everybody; all others keep their defaults."""

    scenarios = [(rule, {'rule': rule}) for rule in operations.BY_RULE]
    rule: str

    def setUp(self) -> None:
        super().setUp()
        self.service = self.make_service(policy={self.rule: NOBODY})

    def test_denied_with_nothing_changed(self) -> None:
        image_id = self.service.add_image(**operations.METADATA)
        before = base.stored(self.service)
        for user in ('member', 'admin'):
            with self.case(user):
                response = operations.BY_RULE[self.rule].send(
                    self.service, image_id, user)
                self.assert_fault(
                    response, 403, 'forbidden',
                    f"Policy doesn't allow {self.rule} to be performed.")
        self.assertEqual(before, base.stored(self.service))

    def test_others_allowed(self) -> None:
        for rule in operations.BY_RULE.keys() - {self.rule}:
            with self.case(rule):
                image_id = self.service.add_image(**operations.METADATA)
                response = operations.BY_RULE[rule].send(
                    self.service, image_id)
                self.assertEqual(
                    operations.BY_RULE[rule].success, response.status_int)

    def test_denied_for_a_missing_image(self) -> None:
        response = operations.BY_RULE[self.rule].send(
            self.service, '00000000-0000-0000-0000-000000000000')
        self.assert_fault(response, 403, 'forbidden')


class Rules(base.TestCase):

    def test_every_rule_is_tested(self) -> None:
        self.assertEqual(
            operations.BY_RULE.keys() | {image_size.SIZE},
            {rule.name for rule in policies.list_rules()})

    def test_rules_name_the_operation_they_guard(self) -> None:
        for rule in policies.list_rules():
            with self.case(rule.name):
                if rule.name == image_size.SIZE:
                    continue
                operation = operations.BY_RULE[rule.name]
                path = operation.path.removeprefix('/v2.1').replace(
                    '{}', '{image_id}')
                for key in ('one', 'two'):
                    path = path.replace(f'/{key}', '/{key}')
                self.assertEqual(
                    [{'method': operation.method, 'path': path}],
                    rule.operations)

    def test_everything_is_allowed_by_default(self) -> None:
        self.assertEqual(
            {policies_base.ANY_CALLER},
            {rule.check_str for rule in policies.list_rules()})


class AdminOnly(base.TestCase):

    def test_only_users_with_the_role(self) -> None:
        service = self.make_service(policy={
            rule: ADMIN_ONLY for rule in operations.BY_RULE})
        for rule, operation in operations.BY_RULE.items():
            with self.case(rule):
                image_id = service.add_image(**operations.METADATA)
                self.assert_fault(
                    operation.send(service, image_id), 403, 'forbidden',
                    f"Policy doesn't allow {rule} to be performed.")
                self.assertEqual(
                    operation.success,
                    operation.send(service, image_id, 'admin').status_int)

    def test_a_rule_may_check_the_project(self) -> None:
        service = self.make_service(policy={
            'os_compute_api:images:index':
                f'project_id:{fixtures.OTHER_PROJECT}'})
        index = operations.BY_RULE['os_compute_api:images:index']
        self.assertEqual(403, index.send(service, '').status_int)
        self.assertEqual(200, index.send(service, '', 'other').status_int)


class ImageSize(base.TestCase):

    def test_denied_size_is_left_out(self) -> None:
        service = self.make_service(policy={image_size.SIZE: ADMIN_ONLY})
        image_id = service.add_image(size=7)
        for user, shown in (('member', False), ('admin', True)):
            show = service.request(f'/v2.1/images/{image_id}', user=user)
            detail = service.request('/v2.1/images/detail', user=user)
            for name, image in (
                    ('show', show.json['image']),
                    ('detail', detail.json['images'][0])):
                with self.case(user, name):
                    self.assertEqual(image_id, image['id'])
                    self.assertEqual(shown, SIZE in image)

    def test_enforced_once_a_request(self) -> None:
        service = self.make_service(policy=dict.fromkeys(
            (images.DETAIL, images.SHOW, image_size.SIZE), MEMBERS_ONLY))
        ids = [service.add_image(size=7) for _ in range(5)]
        self.assertEqual(
            ['os_compute_api:images:detail', image_size.SIZE],
            self._enforced(service, '/v2.1/images/detail', len(ids)))
        self.assertEqual(
            ['os_compute_api:images:show', image_size.SIZE],
            self._enforced(service, f'/v2.1/images/{ids[0]}', 1))

    def test_rules_that_allow_everybody_are_not_enforced(self) -> None:
        service = self.make_service()
        service.add_image(size=7)
        self.assertEqual(
            [], self._enforced(service, '/v2.1/images/detail', 1))

    def _enforced(
        self, service: fixtures.Service, path: str, sizes: int,
    ) -> list[str]:
        """Send a request, and return the rules that it is checked against.

        :param sizes: the number of sizes in the response
        """
        with mock.patch.object(
                oslo_policy.Enforcer, 'enforce', autospec=True,
                side_effect=oslo_policy.Enforcer.enforce) as enforce:
            response = service.request(path)
        self.assertEqual(sizes, response.text.count(SIZE))
        return [call.args[1] for call in enforce.call_args_list]


class PolicyFile(base.TestCase):

    def test_edited_while_running(self) -> None:
        path = self.write_policy({})
        service = self.make_service({'oslo_policy': {'policy_file': path}})
        index = operations.BY_RULE['os_compute_api:images:index']
        self.assertEqual(200, index.send(service, '').status_int)
        self._edit(path, {'os_compute_api:images:index': NOBODY})
        self.assertEqual(403, index.send(service, '').status_int)
        self._edit(path, {})
        self.assertEqual(200, index.send(service, '').status_int)

    def _edit(self, path: str, rules: dict[str, str]) -> None:
        """Write the file again, a minute later by its timestamp."""
        later = os.stat(path).st_mtime + 60
        self.write_policy(rules, path)
        os.utime(path, (later, later))

    def test_an_invalid_file_while_running_changes_nothing(self) -> None:
        closed = {'os_compute_api:images:index': NOBODY}
        index = operations.BY_RULE['os_compute_api:images:index']
        detail = operations.BY_RULE['os_compute_api:images:detail']
        for broken in (
                b'{{{', b'', b'\xff\xfe\0',
                b'"os_compute_api:images:index": "(role:"',
                b'"os_compute_api:images:index": "rule:b"\n'
                b'"b": "rule:a"\n"a": "not (rule:b or role:x)"\n',
                b'"os_compute_api:images:index": "rule:nowhere"\n', None):
            with self.case(broken):
                path = self.write_policy(closed)
                service = self.make_service({
                    'oslo_policy': {'policy_file': path}})
                if broken is None:
                    os.remove(path)
                else:
                    with open(path, 'wb') as file:
                        file.write(broken)
                self.assertEqual([403, 200] * 2, [
                    operation.send(service, '').status_int
                    for operation in (index, detail) * 2])

    def test_a_file_that_appears_while_running(self) -> None:
        service = self.make_service({})
        index = operations.BY_RULE['os_compute_api:images:index']
        self.assertEqual(200, index.send(service, '').status_int)
        self.write_policy(
            {'os_compute_api:images:index': NOBODY},
            os.path.join(service.configuration.directory, 'policy.yaml'))
        with mock.patch(
                'time.monotonic', autospec=True, return_value=math.inf):
            self.assertEqual(403, index.send(service, '').status_int)

    def test_an_editors_own_file_appears_and_disappears(self) -> None:
        path = self.write_policy({})
        directory = self.useFixture(fixtures_library.TempDir()).path
        editors = os.path.join(directory, '.rules.yaml.swp')
        self.write_policy({}, editors)
        service = self.make_service({'oslo_policy': {
            'policy_file': path, 'policy_dirs': directory}})
        os.remove(editors)
        self._edit(path, {'os_compute_api:images:index': NOBODY})
        index = operations.BY_RULE['os_compute_api:images:index']
        self.assertEqual(403, index.send(service, '').status_int)
