# SPDX-License-Identifier: Apache-2.0

"""A Redis without persistence."""

import os
import socket
import tempfile

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry


class Redis(process.Server):
    """A server on the loopback interface.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :ivar url: its URL for tooz
    :raises: MissingProgram: it is not installed
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str = 'redis',
    ) -> None:
        self.port = process.free_port()
        self.url = f'redis://{process.HOST}:{self.port}'
        super().__init__(
            account, name,
            [process.find_program('redis-server', 'redis-server'),
             '--bind', process.HOST, '--port', str(self.port),
             '--save', '', '--appendonly', 'no',
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
