# SPDX-License-Identifier: Apache-2.0

"""Tests of the policy rules: each guards the operations that it names."""

from typing import Any

import webob

from nova_images_compat.api import routes
from nova_images_compat.image.catalog import statements
from nova_images_compat import policies
from nova_images_compat.policies import image_size
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

BODIES: dict[tuple[str, str], Any] = {
    ('POST', '/images/{image_id}/metadata'): {'metadata': {'new': '1'}},
    ('PUT', '/images/{image_id}/metadata'): {'metadata': {'new': '1'}},
    ('PUT', '/images/{image_id}/metadata/{key}'): {'meta': {'key': '1'}},
}


def _operations(with_size: bool) -> list[tuple[str, str, str]]:
    return [
        (rule.name, operation['method'], operation['path'])
        for rule in policies.list_rules() for operation in rule.operations
        if (rule.name == image_size.SIZE) == with_size]


class RulesTest(helpers.TestCase):

    def test_every_operation_of_the_api_has_one_rule(self) -> None:
        self.assertEqual(
            sorted((method, path) for method, path, _, _ in routes.TABLE),
            sorted((method, path)
                   for _, method, path in _operations(with_size=False)))

    def _guarded(
        self, policy: str, method: str, path: str,
    ) -> tuple[fixtures.Service, str, webob.Response]:
        service = self.useFixture(fixtures.Service(options={
            'oslo_policy': {
                'policy_file': self.write('policy.yaml', policy)}}))
        image_id = service.add_image(name='image', key='value', size=9)
        return service, image_id, service.request(
            '/v2.1' + path.format(image_id=image_id, key='key'), method,
            json=BODIES.get((method, path)))

    def test_a_rule_refuses_its_operation(self) -> None:
        for rule, method, path in _operations(with_size=False):
            with self.case(rule):
                service, image_id, refused = self._guarded(
                    f'"{rule}": "role:nobody"', method, path)
                self.assertEqual(403, refused.status_int)
                self.assertEqual(
                    f"Policy doesn't allow {rule} to be performed.",
                    refused.json['forbidden']['message'])
                with service.database.reader() as connection:
                    [record] = statements.export(connection, image_id)
                self.assertEqual({'key': 'value'}, record.properties)

    def test_a_rule_refuses_no_other_operation(self) -> None:
        for rule, method, path in _operations(with_size=False):
            others = '\n'.join(
                f'"{other.name}": "!"' for other in policies.list_rules()
                if other.name != rule)
            with self.case(rule):
                _, _, allowed = self._guarded(others, method, path)
                self.assertIn(allowed.status_int, (200, 204))

    def test_without_the_size_rule_answers_come_without_sizes(self) -> None:
        for _, method, path in _operations(with_size=True):
            for check, shown in (('@', True), ('!', False)):
                with self.case(path, check):
                    _, _, answer = self._guarded(
                        f'"{image_size.SIZE}": "{check}"', method, path)
                    self.assertEqual(200, answer.status_int)
                    self.assertIs(
                        shown, 'OS-EXT-IMG-SIZE:size' in answer.text)
