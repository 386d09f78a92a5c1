# SPDX-License-Identifier: Apache-2.0

"""Classifies the errors of databases by their drivers' error codes."""

import re
import sqlite3

from oslo_db import exception as db_exception
import sqlalchemy as sa

UNAVAILABLE = (
    db_exception.DBConnectionError, db_exception.DBDeadlock,
    db_exception.DBNonExistentDatabase, sa.exc.TimeoutError)

# Another connection has the lock; the disk or the file system fails, mostly
# because it is full.
SQLITE_UNAVAILABLE = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN)

# The disk is full (also as a storage engine reports it), there are too many
# connections, a node of Galera is not ready, the server stops, a table is
# full, the server is read-only, such as the old primary after a failover.
MYSQL_UNAVAILABLE = (1021, 1030, 1040, 1047, 1053, 1114, 1290, 1836)

# The server has too few resources, such as space on its disk; it starts or
# stops; it is read-only.
POSTGRESQL_UNAVAILABLE = re.compile('53...|57P0[123]|25006')

# Access denied: to the database, by the password, by a missing privilege,
# without a password, and of a locked account (MySQL, MariaDB).
MYSQL_ACCESS_DENIED = (1044, 1045, 1227, 1698, 3118, 4151)

# libpq does not pass on the SQLSTATE of a login that the server rejects.
POSTGRESQL_LOGIN_REJECTED = re.compile(
    'authentication failed|role .* does not exist')


def is_unavailable(error: Exception) -> bool:
    """Return whether the same call may work later.

    The database is not reachable or is overloaded, or other transactions
    block this one.
    """
    return (isinstance(error, UNAVAILABLE)
            or _sqlite_code(error) in SQLITE_UNAVAILABLE
            or _mysql_code(error) in MYSQL_UNAVAILABLE
            or bool(POSTGRESQL_UNAVAILABLE.fullmatch(_sqlstate(error)))
            or _is_postgresql_client_error(error))


def is_locked(error: Exception) -> bool:
    """Return whether another connection has locked the SQLite file."""
    return _sqlite_code(error) == sqlite3.SQLITE_BUSY


def reason(error: Exception) -> str:
    """Return the message of a driver's error as one line, without the
    statement and its values.
    """
    return ' '.join(str(_driver_error(error) or error).split())


def is_login_rejected(error: Exception) -> bool:
    """Return whether the server is reachable, but rejects the user."""
    of_driver = _driver_error(error)
    if _is_postgresql_client_error(error):
        return bool(POSTGRESQL_LOGIN_REJECTED.search(str(of_driver)))
    return _mysql_code(error) in MYSQL_ACCESS_DENIED


def _sqlite_code(error: Exception) -> int | None:
    """Return SQLite's primary code of an error."""
    code: int | None = getattr(_driver_error(error), 'sqlite_errorcode', None)
    # The low byte of an extended code is the primary code.
    return None if code is None else code & 0xff


def _mysql_code(error: Exception) -> object:
    """Return the code of an error of MySQL or MariaDB, which is the first
    argument.
    """
    of_driver = _driver_error(error)
    return of_driver.args[0] if of_driver and of_driver.args else None


def _sqlstate(error: Exception) -> str:
    """Return PostgreSQL's code of an error: psycopg2 calls it pgcode, psycopg
    sqlstate.
    """
    of_driver = _driver_error(error)
    return getattr(of_driver, 'pgcode', None) or (
        getattr(of_driver, 'sqlstate', None)) or ''


def _is_postgresql_client_error(error: Exception) -> bool:
    """Return whether libpq has no connection to the server.

    Unlike the server's errors, such an error has no SQLSTATE: psycopg2 calls
    it pgcode, psycopg sqlstate. oslo.db recognizes only those of an
    established connection.
    """
    error = _without_oslo(error)
    return isinstance(error, sa.exc.OperationalError) and None in (
        getattr(error.orig, 'pgcode', ''), getattr(error.orig, 'sqlstate', ''))


def _driver_error(error: Exception) -> BaseException | None:
    """Return the driver's error inside an error of SQLAlchemy or oslo.db."""
    error = _without_oslo(error)
    return error.orig if isinstance(error, sa.exc.DBAPIError) else None


def _without_oslo(error: Exception) -> Exception:
    return getattr(error, 'inner_exception', None) or error
