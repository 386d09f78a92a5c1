# SPDX-License-Identifier: Apache-2.0

"""Reaches the service's database, by oslo.db's enginefacade."""

import contextlib
import os
import re
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
import sqlalchemy as sa

from nova_images_compat.db import models
from nova_images_compat.db import types
from nova_images_compat import exception

SYNC = 'nova-images-compat-manage db sync'
SQLITE_TIMEOUT = '5'
# Kept for each connection; the driver's own default is several times that.
SQLITE_STATEMENTS = '32'

# Seconds that a server may take to answer, where a URL does not say it.
CONNECT_TIMEOUT = '10'
READ_TIMEOUT = '30'

# Those of MySQL and MariaDB that have all characters, or most.
CHARSETS = ('utf8mb4', 'utf8mb3', 'utf8')

# What servers say that answer, and do not let the service in.
REFUSED = re.compile(
    'Access denied|authentication failed|role .* does not exist')

# What the package's extras install, where a URL names no driver.
DRIVERS = {
    'mysql': 'mysql+pymysql', 'mariadb': 'mariadb+pymysql',
    'postgresql': 'postgresql+psycopg2'}


class SQLitePool(sa.CreateEnginePlugin):
    """Keeps connections to a SQLite file open, where oslo.db would open one a
    request: an entry point of ``sqlalchemy.plugins``.
    """

    NAME = 'nova_images_compat_sqlite_pool'

    def __init__(self, url: sa.URL, kwargs: dict[str, Any]) -> None:
        kwargs['poolclass'] = sa.QueuePool

    def update_url(self, url: sa.URL) -> sa.URL:
        return url.difference_update_query(['plugin'])


@enginefacade.transaction_context_provider
class _Scope:
    """What oslo.db hangs a thread's transaction on."""


class Database:
    """The database of one application.

    :param conf: the service's configuration; ``[database]`` has oslo.db's
        options
    :param patient: whether to wait for a server that does not answer, as
        ``[database] max_retries`` says
    :raises: DatabaseNotReady, DatabaseUnreachable
    """

    def __init__(self, conf: cfg.ConfigOpts, patient: bool = True) -> None:
        self._facade = enginefacade.transaction_context()
        self._facade.configure(sqlite_fk=True, thread_checkin=False)
        self._facade.append_on_engine_create(_tune_sqlite)
        self._scope = _Scope()
        url = _bounded(database_url(conf.database.connection))
        if not patient:
            self._facade.configure(max_retries=0)
        refuse_missing_file(url)
        _refuse_bad_pool(conf)
        try:
            # The public way would read the process's global cfg.CONF, which
            # inside nova-api is Nova's.
            self._facade._factory._start(
                conf=conf, connection=url_text(url))
            self._check_schema(url)
        except (db_exception.DBError, sa.exc.SQLAlchemyError,
                ImportError, OSError, TypeError) as error:
            raise _kind(error, url)(
                f'[database] connection {name_of(url)}: {error}') from error

    def dispose(self) -> None:
        """Close the connections, as before a process forks."""
        self._facade.dispose_pool()

    def reader(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """Return a connection in a transaction that reads."""
        return self._facade.reader.connection.using(self._scope)

    def writer(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """Return a connection in a transaction that may write."""
        return self._facade.writer.connection.using(self._scope)

    def _check_schema(self, url: sa.URL) -> None:
        with self.reader() as connection:
            found = schema_version(connection)
        if found is not None and found > models.SCHEMA_VERSION:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: its schema is at '
                f'version {found}, newer than this service, which knows '
                f'{models.SCHEMA_VERSION}')
        if found != models.SCHEMA_VERSION:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: its schema is at '
                f'version {found or "none"}, and {models.SCHEMA_VERSION} is '
                f'needed; run: {SYNC}')


def database_url(connection: str) -> sa.URL:
    """Return the URL of a database, completed with what the catalogue needs.

    :param connection: ``[database] connection``
    :raises: DatabaseNotReady: it is no URL, names no database or one in
        memory, or has a parameter that the driver does not take
    """
    try:
        url = sa.make_url(connection)
    except (sa.exc.ArgumentError, ValueError):
        # The error's own text may hold the password.
        raise exception.DatabaseNotReady(
            '[database] connection is not the URL of a database') from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    completed = _completed(url)
    _refuse_bad_parameters(completed)
    return completed


def _completed(url: sa.URL) -> sa.URL:
    """Return a URL with the parameters that the catalogue needs.

    :raises: DatabaseNotReady
    """
    backend = url.get_backend_name()
    if backend == 'sqlite':
        if url.database in (None, '', ':memory:'):
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: a database in memory '
                'keeps nothing; name a file')
        return url.update_query_dict({
            'timeout': SQLITE_TIMEOUT,
            'cached_statements': SQLITE_STATEMENTS,
            'plugin': SQLitePool.NAME, **url.query})
    if backend in types.MYSQL_DIALECTS:
        if not url.database:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: no database is named')
        # oslo.db's default holds no characters beyond U+FFFF.
        return url.update_query_dict({'charset': CHARSETS[0], **url.query})
    if backend != 'postgresql':
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: it must be of SQLite, '
            'MySQL, MariaDB or PostgreSQL')
    return url


def _refuse_bad_parameters(url: sa.URL) -> None:
    """Let no parameter pass that the driver would raise any error for.

    :raises: DatabaseNotReady
    """
    charset = url.query.get('charset')
    if url.get_backend_name() in types.MYSQL_DIALECTS and (
            charset not in CHARSETS):
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: charset={charset}: it '
            f'must be {CHARSETS[0]}')
    if url.drivername.endswith('+pymysql') and 'ssl' in url.query:
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: the driver takes ssl_ca, '
            'ssl_cert and ssl_key, and no ssl')
    to_driver = url.difference_update_query(['plugin'])
    try:
        to_driver.get_dialect()().create_connect_args(to_driver)
    except ValueError as error:
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: {error}') from error
    except (sa.exc.SQLAlchemyError, ImportError):
        # Of the driver itself; connecting tells of it.
        return


def url_text(url: sa.URL) -> str:
    """Return a database's URL as text, with its password."""
    return url.render_as_string(hide_password=False)


def name_of(url: sa.URL) -> str:
    """Return a database's URL as messages name it: with no password, nor
    anything else that is an operator's or the driver's own business.
    """
    return url.set(query={}).render_as_string()


def schema_version(connection: sa.Connection) -> str | None:
    """Return the newest migration that a database has been through, if any."""
    if not sa.inspect(connection).has_table(models.VERSION_TABLE):
        return None
    return connection.scalar(
        sa.text(f'SELECT version_num FROM {models.VERSION_TABLE}'))


def refuse_missing_file(url: sa.URL) -> None:
    """Let no SQLite URL pass whose file is not there: connecting makes it.

    :raises: DatabaseNotReady
    """
    if url.get_backend_name() == 'sqlite' and (
            not os.path.exists(str(url.database))):
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: the file does not exist; '
            f'run: {SYNC}')


def _bounded(url: sa.URL) -> sa.URL:
    """Bound the time that a server which does not answer is waited for.

    PyMySQL bounds only the connecting by itself, and no answer.
    """
    if url.drivername.startswith('postgresql+psycopg'):
        return url.update_query_dict({
            'connect_timeout': CONNECT_TIMEOUT, **url.query})
    if url.drivername.endswith('+pymysql'):
        return url.update_query_dict({
            'read_timeout': READ_TIMEOUT, 'write_timeout': READ_TIMEOUT,
            **url.query})
    return url


def _refuse_bad_pool(conf: cfg.ConfigOpts) -> None:
    """Refuse a number with which SQLAlchemy's pool calls itself for ever.

    :raises: DatabaseNotReady
    """
    overflow = conf.database.max_overflow
    if overflow is not None and overflow < -1:
        raise exception.DatabaseNotReady(
            f'[database] max_overflow {overflow}: it must be -1 or more')


def _kind(
    error: Exception, url: sa.URL,
) -> type[exception.DatabaseNotReady]:
    if url.get_backend_name() != 'sqlite' and isinstance(
            error, (db_exception.DBConnectionError, sa.exc.OperationalError),
    ) and not REFUSED.search(str(error)):
        return exception.DatabaseUnreachable
    return exception.DatabaseNotReady


def _tune_sqlite(engine: sa.Engine) -> None:
    if engine.dialect.name != 'sqlite':
        return

    @sa.event.listens_for(engine, 'connect')
    def set_synchronous(dbapi_connection: Any, record: Any) -> None:
        # Enough for the write-ahead log that `db sync` sets up.
        dbapi_connection.execute('PRAGMA synchronous = NORMAL')
