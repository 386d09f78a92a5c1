# SPDX-License-Identifier: Apache-2.0

"""The whole contract, over an Image service that is a fake.

What it proves is the store's own part; that a real Image service answers as
this one does is for the integration tests to prove.
"""

from typing import Any

import testscenarios

from nova_images_compat.tests import base
from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.contract import test_catalog
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures

load_tests = testscenarios.load_tests_apply_scenarios


class ContractOnFakeGlance(base.TestCase):

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        self.service = self.useFixture(fixtures.Service(options={
            'api': {'image_store': 'glance'},
            'glance': {'endpoint_override': fake_glance.ROOT}}))

    def test_scenario(self) -> None:
        names = {
            'project': fixtures.PROJECT,
            'other_project': fixtures.OTHER_PROJECT,
            'compute': 'http://localhost',
            'glance': fake_glance.ROOT,
        }
        for image in self.scenario['images']:
            names[image['as']] = self._create(image)
        self.assertEqual({}, replay.play_all(
            self.scenario,
            lambda step: replay.play(step, names, self.service.request)))

    def _create(self, image: dict[str, Any]) -> str:
        return self.glance.add(**test_catalog.attributes(image))
