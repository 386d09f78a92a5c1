# SPDX-License-Identifier: Apache-2.0

"""The whole contract with a fake Image service.

These tests cover the store; the integration tests show that a real Image
service responds as the fake one does.
"""

from typing import Any

import testscenarios

from nova_images_compat.tests.contract import in_process
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures

load_tests = testscenarios.load_tests_apply_scenarios


class ContractOnFakeGlance(in_process.ScenarioTest):

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        self.service = self.useFixture(fixtures.Service(options={
            'api': {'image_store': 'glance'},
            'glance': {'endpoint_override': fake_glance.ROOT}}))

    def test_scenario(self) -> None:
        self.play(fake_glance.ROOT)

    def create(self, image: dict[str, Any]) -> str:
        return self.glance.add(**in_process.attributes(image))
