# SPDX-License-Identifier: Apache-2.0

"""The whole contract, with the real Glance and Keystone."""

from nova_images_compat.tests.integration import contracts


class ContractTest(contracts.ContractTestCase):

    whose = 'service'

    def test_scenario(self) -> None:
        self.assertContract(self.stack.service_url)
