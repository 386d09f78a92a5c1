# SPDX-License-Identifier: Apache-2.0

"""Classifies the errors of databases by their drivers' error codes."""

import re
import sqlite3

from oslo_db import exception as db_exception
import sqlalchemy as sa

UNAVAILABLE = (
    db_exception.DBConnectionError, db_exception.DBDeadlock,
    db_exception.DBNonExistentDatabase, sa.exc.TimeoutError)

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
    return (isinstance(error, UNAVAILABLE) or is_locked(error)
            or _is_postgresql_client_error(error))


def is_locked(error: Exception) -> bool:
    """Return whether another connection has locked the SQLite file."""
    code = getattr(_driver_error(error), 'sqlite_errorcode', None)
    # The low byte of an extended code is the primary code.
    return code is not None and code & 0xff == sqlite3.SQLITE_BUSY


def is_login_rejected(error: Exception) -> bool:
    """Return whether the server is reachable, but rejects the user."""
    of_driver = _driver_error(error)
    if _is_postgresql_client_error(error):
        return bool(POSTGRESQL_LOGIN_REJECTED.search(str(of_driver)))
    return of_driver is not None and of_driver.args[:1] in (
        [(code,) for code in MYSQL_ACCESS_DENIED])


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
