# SPDX-License-Identifier: Apache-2.0

"""Base classes of what the stack consists of."""

import fixtures

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry


class Component(fixtures.Fixture):
    """A component of the stack.

    :param account: the registry of its processes
    :param stack: describes the stack; the component reads from it where the
        others are, and writes to it where it is itself
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
    ) -> None:
        self.account = account
        self.stack = stack


class OpenStackService(Component):
    """A service of OpenStack.

    :param account: the registry of its processes
    :param stack: describes the stack, with MariaDB, memcached and all URLs
    :param port: the port of the service
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        port: int,
    ) -> None:
        super().__init__(account, stack)
        self.port = port
