# SPDX-License-Identifier: Apache-2.0

"""A scenario of the contract, played to a service in this process."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.contract import replay
from nova_images_compat.tests import fixtures


class ScenarioTest(base.TestCase):
    """A test for each scenario of the contract."""

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]
    scenario: dict[str, Any]
    service: fixtures.Service

    def play(self, glance: str) -> None:
        """Fail unless each step is answered as the contract says.

        :param glance: the root of the image service's links
        """
        names = {
            'project': fixtures.PROJECT,
            'other_project': fixtures.OTHER_PROJECT,
            'compute': 'http://localhost',
            'glance': glance,
        }
        for image in self.scenario['images']:
            names[image['as']] = self.create(image)
        self.assertEqual({}, replay.play_all(
            self.scenario,
            lambda step: replay.play(step, names, self.service.request)))

    def create(self, image: dict[str, Any]) -> str:
        """Make an image of the scenario, and return its id."""
        raise NotImplementedError
