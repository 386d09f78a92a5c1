# SPDX-License-Identifier: Apache-2.0

"""A Galera cluster of MariaDB on the loopback interface."""

import contextlib
import os
import re
import subprocess
from typing import Any

import fixtures
import pymysql

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import mariadb
from nova_images_compat.tests.integration.stack import other_user
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

PROVIDER = '/usr/lib/galera/libgalera_smm.so'
USER, PASSWORD, DATABASE = 'images', 'secret', 'images'
BOOTSTRAP = '--wsrep-new-cluster'

_RECOVERED = re.compile(r'Recovered position: ?(\S+)')


def find_programs() -> tuple[str, str]:
    """Return the paths of mariadb-install-db and mariadbd.

    :raises: MissingProgram: one is not installed, or Galera or rsync is not
    """
    if not os.path.exists(PROVIDER):
        raise errors.MissingProgram('Galera', 'galera-4')
    process.find_program('rsync', 'rsync')
    return mariadb.find_programs()


class Node(process.Server):
    """One of the nodes.

    :ivar url: the URL of the database
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str, user: str, directory: str, peers: list[int], own_peer: int,
    ) -> None:
        """:param peers: the ports for the replication of all nodes"""
        self.port = process.free_port()
        self.url = (
            f'mysql+pymysql://{USER}:{PASSWORD}@{process.HOST}:{self.port}'
            f'/{DATABASE}')
        self.data = os.path.join(directory, name)
        self._base = [
            find_programs()[1], '--no-defaults', f'--datadir={self.data}',
            f'--user={user}', f'--bind-address={process.HOST}',
            f'--port={self.port}', f'--socket={directory}/{name}.socket',
            f'--pid-file={directory}/{name}.pid', '--binlog-format=ROW',
            '--innodb-autoinc-lock-mode=2', '--innodb-log-file-size=48M',
            '--innodb-buffer-pool-size=64M', '--innodb-use-native-aio=0',
            '--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve']
        cluster = ','.join(f'{process.HOST}:{port}' for port in peers)
        self._replication = [
            '--wsrep-on=ON', f'--wsrep-provider={PROVIDER}',
            f'--wsrep-cluster-address=gcomm://{cluster}',
            f'--wsrep-node-name={name}',
            f'--wsrep-node-address={process.HOST}',
            '--wsrep-sst-method=rsync', '--wsrep-sst-receive-address='
            f'{process.HOST}:{process.free_port()}',
            '--wsrep-provider-options=gcache.size=16M;'
            f'gmcast.listen_addr=tcp://{process.HOST}:{own_peer};'
            f'ist.recv_addr={process.HOST}:{process.free_port()}']
        super().__init__(
            account, name, [*self._base, *self._replication],
            os.path.join(stack.logs, f'{name}.log'), self._is_synced)

    def bootstrap(self, init_file: str | None = None) -> None:
        """Start it as the first node.

        :param init_file: statements to execute
        """
        extra = [f'--init-file={init_file}'] if init_file else []
        self.command = [*self.command, BOOTSTRAP, *extra]
        self.start()
        self.command = [*self._base, *self._replication]

    def rejoin(self) -> None:
        """Start it after it was killed, as Debian's service does: from the
        last transaction that it has. Do nothing if it runs.
        """
        if self._process is not None:
            return
        found = subprocess.run(
            [*self._base, '--wsrep-recover'], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors='replace')
        positions = _RECOVERED.findall(found.stdout)
        self.command = [
            *self._base, *self._replication,
            *(f'--wsrep-start-position={each}' for each in positions[-1:])]
        self.start()

    def execute(
        self, statement: str, waits: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Execute a statement on this node, and return its rows.

        :param waits: whether to wait for the changes of the other nodes
        """
        with contextlib.closing(self.connect()) as connection:
            with connection.cursor() as cursor:
                if waits:
                    cursor.execute('SET SESSION wsrep_sync_wait = 1')
                cursor.execute(statement)
                return list(cursor.fetchall())

    def connect(self) -> 'pymysql.Connection[pymysql.cursors.Cursor]':
        return pymysql.connect(
            host=process.HOST, port=self.port, user=USER, password=PASSWORD,
            autocommit=True, connect_timeout=5)

    def _is_synced(self) -> bool:
        with contextlib.suppress(pymysql.Error):
            [(_, state)] = self.execute(
                "SHOW STATUS LIKE 'wsrep_local_state_comment'")
            return bool(state == 'Synced')
        return False


class Cluster(fixtures.Fixture):
    """Three nodes, with an empty database.

    :param account: the registry of their processes
    :param stack: the stack that they belong to
    :param name: a unique name
    :ivar nodes: the nodes
    :raises: MissingProgram: a program is not installed
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str,
    ) -> None:
        self.account = account
        self.stack = stack
        self.name = name
        self._install = find_programs()[0]

    def _setUp(self) -> None:
        owner = self.useFixture(other_user.Account('mysql'))
        os.chmod(owner.directory, 0o755)
        peers = [process.free_port() for _ in range(3)]
        self.nodes = [
            Node(self.account, self.stack, f'{self.name}-{number}',
                 owner.name, owner.directory, peers, peer)
            for number, peer in enumerate(peers)]
        first, *others = self.nodes
        self.account.run(
            f'{self.name}-install', [
                self._install, '--no-defaults', f'--datadir={first.data}',
                f'--user={owner.name}', '--skip-test-db'], first.log)
        for node in others:
            # It gets all data from another node.
            os.mkdir(node.data)
        owner.own(owner.directory)
        for node in self.nodes:
            self.addCleanup(node.stop)
        init_file = os.path.join(owner.directory, 'init.sql')
        with open(init_file, 'w') as file:
            file.write(
                f'CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4;\n'
                f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
                f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%';\n")
        first.bootstrap(init_file)
        for node in others:
            node.start(wait=False)
        for node in others:
            node.start()
