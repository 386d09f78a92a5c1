# SPDX-License-Identifier: Apache-2.0

"""What the services of OpenStack have in common, as parts of the stack."""

import fixtures

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry


class OpenStackService(fixtures.Fixture):
    """A service of OpenStack.

    :param account: on whose account it runs
    :param stack: has MariaDB, memcached and the URLs; is told what else there
        is to know
    :param port: the port of the service's URL
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        port: int,
    ) -> None:
        self.account = account
        self.stack = stack
        self.port = port
