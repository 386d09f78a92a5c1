# SPDX-License-Identifier: Apache-2.0

"""The whole contract with the embedded catalogue, on each database."""

from typing import Any

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.tests.contract import in_process
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures

load_tests = test_fixtures.optimize_module_test_loader()

GLANCE = 'http://image.example:9292'


class ContractOnSQLite(databases.OnSQLite, in_process.ScenarioTest):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service(
            self.database_url, {'api': {'glance_link_prefix': GLANCE}}))

    def test_scenario(self) -> None:
        self.play(GLANCE)

    def create(self, image: dict[str, Any]) -> str:
        return self.service.add_image(**in_process.attributes(image))


class ContractOnMySQL(databases.OnMySQL, ContractOnSQLite):
    pass


class ContractOnPostgreSQL(databases.OnPostgreSQL, ContractOnSQLite):
    pass
