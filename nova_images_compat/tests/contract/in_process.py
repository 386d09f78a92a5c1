# SPDX-License-Identifier: Apache-2.0

"""Replays scenarios of the contract on a service in this process."""

from collections.abc import Mapping
from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.contract import replay
from nova_images_compat.tests import fixtures

# The properties that the Image service's interoperable import leaves on an
# image.
LEFT_BY_IMPORT = {
    'os_glance_importing_to_stores': '', 'os_glance_failed_import': ''}

OWNERS = {
    'member': fixtures.PROJECT,
    'other': fixtures.OTHER_PROJECT,
    'admin': fixtures.ADMIN_PROJECT,
}


def attributes(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an image of the contract, under the names of
    the Image service. An imported image has them as after its import.
    """
    found = dict(image)
    found.pop('as')
    data = found.pop('data', 'x')
    owner = found.pop('owner', 'member')
    if found.get('visibility') == 'public':
        owner = 'admin'
    if found.pop('import', False):
        found.update(LEFT_BY_IMPORT)
    status = 'queued' if data is None else 'active'
    if found.pop('deactivate', False):
        status = 'deactivated'
    return {'owner': OWNERS[owner], 'status': status,
            'size': len(data or ''), **found}


class ScenarioTest(base.TestCase):
    """A test for each scenario of the contract."""

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]
    scenario: dict[str, Any]
    service: fixtures.Service

    def play(self, glance: str) -> None:
        """Fail unless the response to each step is the contract's.

        :param glance: the root URL of links to the Image service
        """
        names = {
            'project': fixtures.PROJECT,
            'other_project': fixtures.OTHER_PROJECT,
            'compute': 'http://localhost',
            'glance': glance,
        }
        for image in self.scenario['images']:
            names[image['as']] = self.create(image)

        def play_step(step: Mapping[str, Any]) -> list[str]:
            wrong = replay.play(step, names, self.service.request)
            if wrong:
                wrong += str(self.service.exchanges[-1]).splitlines()
            return wrong

        self.assertEqual({}, replay.play_all(self.scenario, play_step))

    def create(self, image: dict[str, Any]) -> str:
        """Create an image of the scenario, and return its id."""
        raise NotImplementedError
