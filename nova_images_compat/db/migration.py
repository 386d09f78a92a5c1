# SPDX-License-Identifier: Apache-2.0

"""Migrates the database to the schema that the service needs."""

from collections.abc import Iterator
import contextlib
import os

from alembic import command
from alembic import config as alembic_config
from alembic.util import exc as alembic_exception
from oslo_config import cfg
import sqlalchemy as sa

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import models
from nova_images_compat import exception

OLD_VERSION_TABLE = 'alembic_version'
OLD_VERSIONS = ('0001', '0002')

# Maximum number of tables that a message names.
NAMED = 3

SCRIPTS = os.path.join(os.path.dirname(__file__), 'migrations')


def sync(conf: cfg.ConfigOpts, force: bool = False) -> None:
    """Apply all migrations that are missing.

    This creates a missing SQLite file and its directory. After an
    interruption, between any two statements, it can be repeated.

    :param conf: the service's configuration
    :param force: whether to create tables in a database that has tables of
        another service
    :raises: DatabaseNotReady: the database is not usable, or has tables of
        another service
    """
    url = db_engine.database_url(conf.database.connection)
    with _connection(url, create=True) as connection:
        _adopt_version(connection)
        _check_other_tables(connection, url, force)
        if connection.dialect.name == 'sqlite':
            # Readers and a writer do not block each other.
            connection.exec_driver_sql('PRAGMA journal_mode = WAL')
        command.upgrade(alembic(connection), 'head')


def version(conf: cfg.ConfigOpts) -> str | None:
    """Return the last migration that was applied to the database.

    :param conf: the service's configuration
    :returns: None if no migration was applied
    :raises: DatabaseNotReady: the database is not usable
    """
    url = db_engine.database_url(conf.database.connection)
    with _connection(url) as connection:
        return db_engine.schema_version(connection)


def alembic(connection: sa.Connection) -> alembic_config.Config:
    """Return Alembic's configuration for a connection."""
    config = alembic_config.Config()
    config.set_main_option('script_location', SCRIPTS.replace('%', '%%'))
    config.attributes['connection'] = connection
    return config


def _adopt_version(connection: sa.Connection) -> None:
    """Rename the version table of databases from before the first release,
    which had Alembic's default name.
    """
    tables = _tables(connection)
    if (OLD_VERSION_TABLE in tables and models.VERSION_TABLE not in tables
            and _is_ours(connection, models.Image.__tablename__)):
        found = connection.scalar(
            sa.text(f'SELECT version_num FROM {OLD_VERSION_TABLE}'))
        if found in OLD_VERSIONS:
            connection.execute(sa.text(
                f'ALTER TABLE {OLD_VERSION_TABLE} '
                f'RENAME TO {models.VERSION_TABLE}'))


def _check_other_tables(
    connection: sa.Connection, url: sa.URL, force: bool,
) -> None:
    """Check that a database without our version table has no other tables.

    The first migration creates the version table before all others.

    :param force: whether to accept tables whose names we do not need
    :raises: DatabaseNotReady: it has tables of another service
    """
    tables = _tables(connection)
    if models.VERSION_TABLE in tables:
        return
    others = sorted(
        name for name in tables if not _is_ours(connection, name))
    taken = [name for name in others if name in models.Base.metadata.tables]
    if taken:
        raise exception.DatabaseNotReady(
            f'[database] connection {db_engine.name_of(url)}: the database '
            f'has tables of another service whose names the catalogue needs: '
            f'{_some(taken)}; use another database')
    if others and not force:
        raise exception.DatabaseNotReady(
            f'[database] connection {db_engine.name_of(url)}: the database '
            f'has tables of another service: {_some(others)}; use another '
            'database, or --force to create our tables beside them')


def _tables(connection: sa.Connection) -> set[str]:
    return set(sa.inspect(connection).get_table_names())


def _is_ours(connection: sa.Connection, name: str) -> bool:
    """Return whether a table has the columns of our table of this name."""
    table = models.Base.metadata.tables.get(name)
    inspector = sa.inspect(connection)
    return (table is not None and inspector.has_table(name)
            and set(table.columns.keys()) == {
                column['name'] for column in inspector.get_columns(name)})


def _some(names: list[str]) -> str:
    """Return the first names, and the number of the others."""
    more = len(names) - NAMED
    return ', '.join(names[:NAMED]) + (f' and {more} more' * (more > 0))


@contextlib.contextmanager
def _connection(
    url: sa.URL, create: bool = False,
) -> Iterator[sa.Connection]:
    try:
        if not create:
            db_engine.check_file_exists(url)
        elif url.get_backend_name() == 'sqlite' and url.database:
            directory = os.path.dirname(os.path.abspath(url.database))
            os.makedirs(directory, exist_ok=True)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, alembic_exception.CommandError,
            ImportError, OSError, TypeError) as error:
        raise exception.DatabaseNotReady(
            f'[database] connection {db_engine.name_of(url)}: {error}'
        ) from error
