# SPDX-License-Identifier: Apache-2.0

"""Connects to the service's database, with oslo.db's engines."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import os
from typing import Any

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import engines
import sqlalchemy as sa

from nova_images_compat.db import driver_errors
from nova_images_compat.db import models
from nova_images_compat.db import pooled
from nova_images_compat.db import types
from nova_images_compat import exception

SYNC = 'nova-images-compat-manage db sync'

# Seconds that a writer waits for another one.
SQLITE_TIMEOUT = '5'
# Prepared statements in the cache of each connection. The driver's default
# needs several times the memory.
SQLITE_STATEMENTS = '32'

# Seconds, unless the URL says otherwise.
CONNECT_TIMEOUT = '10'
READ_TIMEOUT = '30'

# MySQL's and MariaDB's character sets for all, or most, of Unicode.
CHARSETS = ('utf8mb4', 'utf8mb3', 'utf8')

# The drivers that the package's extras install.
DRIVERS = {
    'mysql': 'mysql+pymysql', 'mariadb': 'mariadb+pymysql',
    'postgresql': 'postgresql+psycopg2'}

# The options of [database] that are arguments of oslo.db's create_engine.
ENGINE_OPTIONS = (
    'connection_debug', 'connection_parameters', 'connection_recycle_time',
    'connection_trace', 'max_overflow', 'max_pool_size', 'max_retries',
    'mysql_sql_mode', 'mysql_wsrep_sync_wait', 'pool_timeout',
    'retry_interval', 'sqlite_synchronous')


class ServerPool(sa.CreateEnginePlugin):
    """Does not verify a connection whenever it is taken from the pool.

    oslo.db does so, which is a round trip to the server for each read, and
    offers no option to change this; ``Database`` says what is done instead.
    The plugin is an entry point of ``sqlalchemy.plugins``.
    """

    NAME = 'nova_images_compat_server_pool'

    def __init__(self, url: sa.URL, kwargs: dict[str, Any]) -> None:
        kwargs['pool_pre_ping'] = False

    def update_url(self, url: sa.URL) -> sa.URL:
        """Remove the plugin from the URL that the driver gets."""
        return url.difference_update_query(['plugin'])


class SQLitePool(ServerPool):
    """Keeps connections to a SQLite file open, which oslo.db opens for each
    transaction.
    """

    NAME = 'nova_images_compat_sqlite_pool'

    def __init__(self, url: sa.URL, kwargs: dict[str, Any]) -> None:
        super().__init__(url, kwargs)
        kwargs['poolclass'] = sa.QueuePool

    def engine_created(self, engine: sa.Engine) -> None:
        """Register the settings of new connections.

        This comes before oslo.db's own settings, which depend on
        ``[database] sqlite_synchronous``.
        """
        sa.event.listen(engine, 'connect', _set_synchronous)


class Database:
    """The database of one application.

    A server may have closed a connection of the pool, for example when it
    restarted. Before a transaction, the connection is verified; a read
    without one is repeated.

    :param conf: the service's configuration, with oslo.db's options in
        ``[database]``
    :param retry: whether to retry connecting as ``[database] max_retries``
        says
    :raises: DatabaseNotReady: the configuration or the schema is not valid,
        or the server rejects the user
    :raises: DatabaseUnreachable: the server is not reachable
    """

    def __init__(self, conf: cfg.ConfigOpts, retry: bool = True) -> None:
        url = _completed_for_service(database_url(conf.database.connection))
        check_file_exists(url)
        _check_max_overflow(conf)
        try:
            self._engine = _create_engine(url, conf, retry)
            self._reader_engine = self._engine
            if replica := _replica(conf):
                self._reader_engine = _create_engine(
                    _completed_for_service(
                        database_url(replica, 'slave_connection')),
                    conf, retry)
            self._check_schema(url)
        except (db_exception.DBError, sa.exc.SQLAlchemyError,
                ImportError, OSError, TypeError) as error:
            raise _error_class(error, url)(
                f'[database] connection {name_of(url)}: {error}') from error

    def dispose(self) -> None:
        """Close all idle connections, for example before a fork."""
        self._engine.dispose()
        self._reader_engine.dispose()

    def read(
        self, function: Callable[[sa.Connection], pooled.Result],
    ) -> pooled.Result:
        """Return the result of a function that reads.

        Its statements need not see the same state of the database: nothing
        but them and at most one ROLLBACK reaches it.

        :param function: is called again if the server has closed the
            connection
        """
        with self._reader_engine.connect() as connection:
            return pooled.read(connection, function)

    @contextlib.contextmanager
    def reader(self) -> Iterator[sa.Connection]:
        """Return a connection in a transaction that is rolled back."""
        with self._reader_engine.connect() as connection:
            pooled.verify(connection)
            yield connection

    @contextlib.contextmanager
    def writer(self) -> Iterator[sa.Connection]:
        """Return a connection in a transaction that is committed, or rolled
        back on an error.
        """
        with self._engine.connect() as connection:
            pooled.verify(connection)
            with connection.begin():
                yield connection

    def _check_schema(self, url: sa.URL) -> None:
        with self.reader() as connection:
            found = schema_version(connection)
        if found is not None and found > models.SCHEMA_VERSION:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: the schema version '
                f'{found} is newer than {models.SCHEMA_VERSION}, the version '
                'that this service supports')
        if found != models.SCHEMA_VERSION:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: the schema version is '
                f'{found or "none"}, but the service needs '
                f'{models.SCHEMA_VERSION}; run: {SYNC}')


def _create_engine(
    url: sa.URL, conf: cfg.ConfigOpts, retry: bool,
) -> sa.Engine:
    options = {name: conf.database[name] for name in ENGINE_OPTIONS}
    if not retry:
        options['max_retries'] = 0
    engine: sa.Engine = engines.create_engine(
        url, sqlite_fk=True, thread_checkin=False, **options)
    return engine


def _replica(conf: cfg.ConfigOpts) -> str | None:
    """Return the URL of the database to read from, if it is another one."""
    # oslo.db 17.2 does not have this option, and reads from the primary.
    if getattr(conf.database, 'synchronous_reader', True):
        return None
    return conf.database.slave_connection or None


def database_url(
    connection: str, option: str = 'connection',
) -> sa.URL:
    """Return the URL of a database, with the parameters that we need.

    :param connection: the value of the option
    :param option: the option of ``[database]`` that has the URL
    :raises: DatabaseNotReady: the URL, its database or one of its parameters
        is not valid
    """
    try:
        url = sa.make_url(connection)
    except (sa.exc.ArgumentError, ValueError):
        # The text of this error may contain the password.
        raise exception.DatabaseNotReady(
            f'[database] {option} is not the URL of a database') from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    completed = _completed(url)
    _check_parameters(completed)
    return completed


def _completed(url: sa.URL) -> sa.URL:
    """Add the parameters that every connection needs.

    :raises: DatabaseNotReady: the database is not valid
    """
    backend = url.get_backend_name()
    if backend == 'sqlite':
        if url.database in (None, '', ':memory:'):
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: a database in memory '
                'loses its contents; name a file')
        return url.update_query_dict({
            'timeout': SQLITE_TIMEOUT,
            'cached_statements': SQLITE_STATEMENTS, **url.query})
    if backend in types.MYSQL_DIALECTS:
        if not url.database:
            raise exception.DatabaseNotReady(
                f'[database] connection {name_of(url)}: the URL does not name '
                'a database')
        # oslo.db's default rejects characters above U+FFFF.
        return url.update_query_dict({'charset': CHARSETS[0], **url.query})
    if backend != 'postgresql':
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: the database must be '
            'SQLite, MySQL, MariaDB or PostgreSQL')
    return url


def _completed_for_service(url: sa.URL) -> sa.URL:
    """Add the pools, and the timeouts of servers.

    By default, PyMySQL has no timeout for an answer, and libpq none for a
    connection.
    """
    if url.get_backend_name() == 'sqlite':
        return url.update_query_dict({'plugin': SQLitePool.NAME, **url.query})
    url = url.update_query_dict({'plugin': ServerPool.NAME, **url.query})
    if url.drivername.startswith('postgresql+psycopg'):
        return url.update_query_dict({
            'connect_timeout': CONNECT_TIMEOUT, **url.query})
    if url.drivername.endswith('+pymysql'):
        return url.update_query_dict({
            'read_timeout': READ_TIMEOUT, 'write_timeout': READ_TIMEOUT,
            **url.query})
    return url


def _check_parameters(url: sa.URL) -> None:
    """Check the URL's parameters.

    :raises: DatabaseNotReady: a parameter is not valid
    """
    charset = url.query.get('charset')
    if url.get_backend_name() in types.MYSQL_DIALECTS and (
            charset not in CHARSETS):
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: charset={charset}: it '
            f'must be {CHARSETS[0]}')
    if url.drivername.endswith('+pymysql') and 'ssl' in url.query:
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: the driver does not '
            'support ssl; use ssl_ca, ssl_cert and ssl_key')
    to_driver = url.difference_update_query(['plugin'])
    try:
        to_driver.get_dialect()().create_connect_args(to_driver)
    except ValueError as error:
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: {error}') from error
    except (sa.exc.SQLAlchemyError, ImportError):
        # The driver is missing. Connecting reports it.
        return


def _check_max_overflow(conf: cfg.ConfigOpts) -> None:
    """Reject a value that causes an endless recursion in SQLAlchemy's pool.

    :raises: DatabaseNotReady: the value is less than -1
    """
    overflow = conf.database.max_overflow
    if overflow is not None and overflow < -1:
        raise exception.DatabaseNotReady(
            f'[database] max_overflow {overflow}: it must be at least -1')


def check_file_exists(url: sa.URL) -> None:
    """Check that the file of a SQLite URL exists, as connecting creates it.

    :raises: DatabaseNotReady: it does not
    """
    if url.get_backend_name() == 'sqlite' and (
            not os.path.exists(str(url.database))):
        raise exception.DatabaseNotReady(
            f'[database] connection {name_of(url)}: the file does not exist; '
            f'run: {SYNC}')


def url_text(url: sa.URL) -> str:
    """Return a database's URL as text, including its password."""
    return url.render_as_string(hide_password=False)


def name_of(url: sa.URL) -> str:
    """Return a database's URL for messages, without password and
    parameters.
    """
    return url.set(query={}).render_as_string()


def schema_version(connection: sa.Connection) -> str | None:
    """Return the last migration that was applied to a database.

    :returns: None if no migration was applied
    """
    if not sa.inspect(connection).has_table(models.VERSION_TABLE):
        return None
    return connection.scalar(
        sa.text(f'SELECT version_num FROM {models.VERSION_TABLE}'))


def _error_class(
    error: Exception, url: sa.URL,
) -> type[exception.DatabaseNotReady]:
    if url.get_backend_name() != 'sqlite' and isinstance(
            error, (db_exception.DBConnectionError, sa.exc.OperationalError),
    ) and not driver_errors.is_login_rejected(error):
        return exception.DatabaseUnreachable
    return exception.DatabaseNotReady


def _set_synchronous(connection: Any, record: Any) -> None:
    """Make SQLite's commits as durable as its write-ahead log needs."""
    connection.execute('PRAGMA synchronous = NORMAL')
