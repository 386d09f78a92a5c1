# SPDX-License-Identifier: Apache-2.0

"""Servers of memcached."""

import os

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry


def find_program() -> str:
    """Return the path of memcached.

    :raises: MissingProgram: it is not installed
    """
    return process.find_program('memcached', 'memcached')


def server(
    account: registry.Registry, stack: description.Description, port: int,
    name: str = 'memcached',
) -> process.Server:
    """Return a server on the loopback interface.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :raises: MissingProgram: it is not installed
    """
    command = [
        find_program(), '-l', process.HOST, '-p', str(port), '-U', '0',
        '-m', '32']
    if os.getuid() == 0:
        command += ['-u', 'nobody']
    return process.Server(
        account, name, command, os.path.join(stack.logs, f'{name}.log'),
        lambda: process.port_answers(port))


class Memcached(component.Component):
    """The one that the services share."""

    def _setUp(self) -> None:
        port = process.free_port()
        self.stack.memcached = f'{process.HOST}:{port}'
        self.server = self.useFixture(server(self.account, self.stack, port))
