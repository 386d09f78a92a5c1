# SPDX-License-Identifier: Apache-2.0

"""A PostgreSQL that a test may stop and crash."""

import glob
import os
import signal
import subprocess

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import other_user
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

USER = 'postgres'
STOP_SECONDS = 30


def find_program(name: str) -> str:
    """Return the path of a program of the newest version.

    :raises: MissingProgram: it is not installed
    """
    found = sorted(glob.glob(f'/usr/lib/postgresql/*/bin/{name}'))
    return found[-1] if found else process.find_program(name, 'postgresql')


class PostgreSQL(process.Server):
    """A server on the loopback interface, which accepts every user.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :ivar url: the URL of an empty database, once it runs
    :raises: MissingProgram: it is not installed
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str,
    ) -> None:
        self.port = process.free_port()
        self.url = (
            f'postgresql://{USER}@{process.HOST}:{self.port}/{USER}')
        self._initdb = find_program('initdb')
        self._owner = other_user.Account(USER)
        self._program = find_program('postgres')
        super().__init__(
            account, name, [], os.path.join(stack.logs, f'{name}.log'),
            self._answers)

    def _setUp(self) -> None:
        owner = self.useFixture(self._owner)
        data = os.path.join(owner.directory, 'data')
        self.account.run(
            f'{self.name}-initdb',
            [*owner.prefix, self._initdb, '--pgdata', data, '--username',
             USER, '--auth', 'trust', '--no-sync', '--locale', 'C.UTF-8',
             '--encoding', 'UTF8'], self.log)
        self.command = [
            *owner.prefix, self._program, '-D', data,
            '-c', f'listen_addresses={process.HOST}',
            '-c', f'port={self.port}',
            '-c', f'unix_socket_directories={owner.directory}']
        super()._setUp()

    def stop(self) -> None:
        """Stop it with the mode "fast": it ends all connections."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Stop it with the mode "immediate": it has to recover when it is
        started.
        """
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise errors.ProcessFailed(
                self.name, 'does not stop', self.log) from None
        self._gone()

    def _answers(self) -> bool:
        return subprocess.run(
            [find_program('pg_isready'), '-q', '-h', process.HOST,
             '-p', str(self.port), '-U', USER]).returncode == 0
