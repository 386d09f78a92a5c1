# SPDX-License-Identifier: Apache-2.0

"""The memcached of the stack."""

import os

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import process


def find_program() -> str:
    """Return the path of memcached.

    :raises: MissingProgram: it is not installed
    """
    return process.find_program('memcached', 'memcached')


class Memcached(component.Component):
    """A server on the loopback interface."""

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
