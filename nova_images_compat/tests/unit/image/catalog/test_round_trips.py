# SPDX-License-Identifier: Apache-2.0

"""Tests of what a read sends to the database."""

from collections.abc import Callable
from collections.abc import Iterator
import socket
import threading
from typing import Any
import uuid

import fixtures
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.db import database_case
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()

# The commands of MySQL's protocol, by their first byte.
MYSQL_QUERY, MYSQL_PING = 0x03, 0x0e


class Wire(fixtures.Fixture):
    """A proxy in front of a database server, which records what clients send.

    :param url: the URL of the server
    :ivar url: the URL of the proxy
    :ivar sent: the bytes that clients sent
    """

    def __init__(self, url: str) -> None:
        self._server = sa.make_url(url)
        self.sent = bytearray()

    def _setUp(self) -> None:
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        self.url = self._server.set(
            host='127.0.0.1', port=listener.getsockname()[1],
        ).render_as_string(hide_password=False)
        self._default_port = (
            5432 if self._server.get_backend_name() == 'postgresql' else 3306)
        threading.Thread(
            target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((
                self._server.host or '127.0.0.1',
                self._server.port or self._default_port))
            for source, target, record in (
                    (client, server, self.sent), (server, client, None)):
                threading.Thread(
                    target=_copy, args=(source, target, record),
                    daemon=True).start()


def _copy(
    source: socket.socket, target: socket.socket, record: bytearray | None,
) -> None:
    with source, target:
        try:
            while data := source.recv(65536):
                if record is not None:
                    record += data
                target.sendall(data)
        except OSError:
            return


class RoundTripsOnSQLite(catalogue.CatalogueTest):

    # The first words of what a read sends.
    READ = ['SELECT']

    def setUp(self) -> None:
        super().setUp()
        self.context = catalogue.caller()
        self.image_id = self.catalogue.add(key='value')
        self.store = self._watched_store()

    def _watched_store(self) -> catalog_store.CatalogStore:
        """Return a store; ``_commands`` returns what it sends."""
        self.traced: list[str] = []
        with self.catalogue.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.set_trace_callback(self.traced.append)
        return self.catalogue.store

    def _commands(self, call: Callable[..., Any], *args: Any) -> list[str]:
        """Return the first words of what a call sends to the database."""
        self.traced.clear()
        call(*args)
        return [statement.split()[0] for statement in self.traced]

    def _list(self, **query: Any) -> list[image_base.Image]:
        return self.store.list(
            self.context, image_base.ImageQuery(limit=2, **query))

    def test_read_is_one_statement(self) -> None:
        # The first one connects.
        self.store.check()
        calls: dict[str, Callable[[], Any]] = {
            'check': self.store.check,
            'show': lambda: self.store.get(self.context, self.image_id),
            'no image': lambda: self.assertRaises(
                exception.ImageNotFound, self.store.get, self.context,
                str(uuid.uuid4())),
            'index': self._list,
            'detail': lambda: self._list(with_metadata=True),
            'filters': lambda: self._list(
                name='none', min_ram=1, metadata={'key': 'value'}),
        }
        for name, call in calls.items():
            with self.case(name):
                self.assertEqual(self.READ, self._commands(call))

    def test_transactions_after_reads_begin(self) -> None:
        for call in (self.store.check, lambda: self.assertRaises(
                exception.ImageNotFound, self.store.get, self.context,
                str(uuid.uuid4()))):
            call()
            with self.case(call):
                commands = self._commands(
                    self.store.add_metadata, self.context, self.image_id,
                    {'key': str(uuid.uuid4())}, lambda count: None)
                self.assertIn('UPDATE', commands)
                self.check_transaction(commands)

    def check_transaction(self, commands: list[str]) -> None:
        self.assertEqual(
            ['BEGIN', 'COMMIT'], [commands[1], commands[-1]], str(commands))


class _OnServer(RoundTripsOnSQLite):

    def _watched_store(self) -> catalog_store.CatalogStore:
        self.wire = self.useFixture(Wire(str(self.catalogue.url)))
        conf = self.useFixture(
            database_case.configuration(self.wire.url)).conf
        store = catalog_store.CatalogStore(conf)
        self.addCleanup(store.database.dispose)
        return store

    def _commands(self, call: Callable[..., Any], *args: Any) -> list[str]:
        self.wire.sent.clear()
        call(*args)
        return list(self._parsed(bytes(self.wire.sent)))

    def _parsed(self, sent: bytes) -> Iterator[str]:
        raise NotImplementedError


class RoundTripsOnMySQL(databases.OnMySQL, _OnServer):

    READ = ['SELECT', 'ROLLBACK']

    def _parsed(self, sent: bytes) -> Iterator[str]:
        while sent:
            end = 4 + int.from_bytes(sent[:3], 'little')
            command, text, sent = sent[4], sent[5:end], sent[end:]
            yield {MYSQL_PING: 'PING', MYSQL_QUERY: text.decode().split()[0]
                   if text else ''}[command]

    def check_transaction(self, commands: list[str]) -> None:
        self.assertEqual('PING', commands[0], str(commands))
        self.assertIn('COMMIT', commands)


class RoundTripsOnPostgreSQL(databases.OnPostgreSQL, _OnServer):

    def _parsed(self, sent: bytes) -> Iterator[str]:
        while sent:
            end = 1 + int.from_bytes(sent[1:5], 'big')
            message, sent = sent[5:end], sent[end:]
            yield message.decode().split()[0].rstrip(';\0')


# Not a test of its own.
del _OnServer
