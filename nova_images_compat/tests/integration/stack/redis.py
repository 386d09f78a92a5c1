# SPDX-License-Identifier: Apache-2.0

"""A Redis of a test's own, which keeps nothing."""

import os
import socket
import tempfile

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry


def find_program() -> str:
    """Return the path of redis-server.

    :raises: MissingProgram
    """
    return process.find_program('redis-server', 'redis-server')


class Redis(process.Server):
    """A server on the loopback interface.

    :param account: on whose account it runs
    :param stack: the stack that it belongs to
    :param name: is unlike that of any other server
    :ivar url: as tooz has it
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str = 'redis',
    ) -> None:
        self.port = process.free_port()
        self.url = f'redis://{process.HOST}:{self.port}'
        super().__init__(
            account, name,
            [find_program(), '--bind', process.HOST,
             '--port', str(self.port), '--save', '', '--appendonly', 'no',
             '--dir', tempfile.mkdtemp(prefix='redis-', dir=stack.directory)],
            os.path.join(stack.logs, f'{name}.log'), self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(
                    (process.HOST, self.port), 1) as connection:
                connection.sendall(b'PING\r\n')
                return connection.recv(7) == b'+PONG\r\n'
        except OSError:
            return False
