# SPDX-License-Identifier: Apache-2.0

"""The MariaDB of the stack."""

import contextlib
import os
import pwd

import pymysql

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process

# The character set of each database; Nova's migrations need utf8mb3.
DATABASES = {
    'keystone': 'utf8mb4',
    'glance': 'utf8mb4',
    'nova_api': 'utf8mb3',
    'nova_cell0': 'utf8mb3',
    'nova_cell1': 'utf8mb3',
}

_SMALL_AND_FAST = (
    '--innodb-buffer-pool-size=128M', '--innodb-log-file-size=48M',
    '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0',
    '--innodb-use-native-aio=0', '--skip-log-bin',
    '--skip-name-resolve', '--max-connections=400')


def find_programs() -> tuple[str, str]:
    """Return the paths of mariadb-install-db and mariadbd.

    :raises: MissingProgram: one is not installed
    """
    return (
        process.find_program('mariadb-install-db', 'mariadb-server'),
        process.find_program('mariadbd', 'mariadb-server'))


class MariaDB(component.Component):
    """A server with empty databases of the services, and a user for them."""

    def _setUp(self) -> None:
        install, server = find_programs()
        directory = os.path.join(self.stack.directory, 'mariadb')
        os.mkdir(directory, 0o700)
        user = pwd.getpwuid(os.getuid()).pw_name
        data = os.path.join(directory, 'data')
        log = os.path.join(self.stack.logs, 'mariadb.log')
        self.account.run(
            'mariadb-install-db',
            [install, '--no-defaults', f'--datadir={data}', f'--user={user}',
             '--skip-test-db', '--auth-root-authentication-method=socket',
             f'--auth-root-socket-user={user}'], log)
        self.stack.mariadb_port = process.free_port()
        self.stack.mariadb_socket = os.path.join(directory, 'socket')
        self.server = self.useFixture(process.Server(
            self.account, 'mariadb',
            [server, '--no-defaults', f'--datadir={data}', f'--user={user}',
             f'--bind-address={process.HOST}',
             f'--port={self.stack.mariadb_port}',
             f'--socket={self.stack.mariadb_socket}',
             f'--pid-file={directory}/pid',
             f'--init-file={self._write_statements(directory)}',
             *_SMALL_AND_FAST],
            log, self._answers))

    def _write_statements(self, directory: str) -> str:
        path = os.path.join(directory, 'init.sql')
        user = f"'{self.stack.mariadb_user}'@'%'"
        with open(path, 'w') as file:
            for name, characters in DATABASES.items():
                file.write(
                    f'CREATE DATABASE IF NOT EXISTS {name} '
                    f'CHARACTER SET {characters};\n')
            file.write(
                f'CREATE USER IF NOT EXISTS {user} '
                f"IDENTIFIED BY '{self.stack.mariadb_password}';\n"
                f'GRANT ALL PRIVILEGES ON *.* TO {user};\n')
        return path

    def _answers(self) -> bool:
        with contextlib.suppress(pymysql.Error):
            connect(self.stack).close()
            return True
        return False


def connect(
    stack: description.Description, database: str | None = None,
) -> 'pymysql.Connection[pymysql.cursors.Cursor]':
    """Return a connection that commits automatically.

    :param database: the name of the database; None: no database
    :raises: pymysql.Error: the server does not answer
    """
    return pymysql.connect(
        host=process.HOST, port=stack.mariadb_port, user=stack.mariadb_user,
        password=stack.mariadb_password, database=database, autocommit=True,
        connect_timeout=5)
