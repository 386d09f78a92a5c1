# SPDX-License-Identifier: Apache-2.0

"""The whole contract, over the embedded catalogue on each database."""

from typing import Any

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.tests.contract import in_process
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures

load_tests = test_fixtures.optimize_module_test_loader()

GLANCE = 'http://image.example:9292'

# What the image service's interoperable import leaves on an image. The
# catalogue has no import: it is given such an image as it came out of one.
LEFT_BY_IMPORT = {
    'os_glance_importing_to_stores': '', 'os_glance_failed_import': ''}

OWNERS = {
    'member': fixtures.PROJECT,
    'other': fixtures.OTHER_PROJECT,
    'admin': fixtures.ADMIN_PROJECT,
}


def attributes(image: dict[str, Any]) -> dict[str, Any]:
    """Return a fixture's attributes, as the Image service calls them."""
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


class ContractOnSQLite(databases.OnSQLite, in_process.ScenarioTest):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service(
            self.database_url, {'api': {'glance_link_prefix': GLANCE}}))

    def test_scenario(self) -> None:
        self.play(GLANCE)

    def create(self, image: dict[str, Any]) -> str:
        return self.service.add_image(**attributes(image))


class ContractOnMySQL(databases.OnMySQL, ContractOnSQLite):
    pass


class ContractOnPostgreSQL(databases.OnPostgreSQL, ContractOnSQLite):
    pass
