# SPDX-License-Identifier: Apache-2.0

"""A memcached of the stack's own."""

import os

import fixtures

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry


def find_program() -> str:
    """Return the path of memcached.

    :raises: MissingProgram
    """
    return process.find_program('memcached', 'memcached')


class Memcached(fixtures.Fixture):
    """A server on the loopback interface.

    :param account: on whose account it runs
    :param stack: is told where the server is
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
    ) -> None:
        self.account = account
        self.stack = stack

    def _setUp(self) -> None:
        port = process.free_port()
        self.stack.memcached = f'{process.HOST}:{port}'
        command = [
            find_program(), '-l', process.HOST, '-p', str(port), '-U', '0',
            '-m', '32']
        if os.getuid() == 0:
            command += ['-u', 'nobody']
        self.server = self.useFixture(process.Server(
            self.account, 'memcached', command,
            os.path.join(self.stack.logs, 'memcached.log'),
            lambda: process.port_answers(port)))
