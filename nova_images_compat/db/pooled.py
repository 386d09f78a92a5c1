# SPDX-License-Identifier: Apache-2.0

"""Uses connections of a pool, some of which the server may have closed, for
example when it restarted."""

from collections.abc import Callable
import time
from typing import Any
from typing import TypeVar

from oslo_db import exception as db_exception
import sqlalchemy as sa

# Seconds within which it shows that the server has closed a connection. A
# statement that takes longer has timed out.
LOST_TIME = 5.0

# oslo.db begins a transaction in SQLite unless Connection.info has this key.
SQLITE_IN_TRANSACTION = 'in_transaction'

Result = TypeVar('Result')


def verify(connection: sa.Connection) -> None:
    """Have a connection connect anew if the server has closed it."""
    dialect = connection.dialect
    driver: Any = connection.connection.dbapi_connection
    try:
        dialect.do_ping(driver)
    except dialect.loaded_dbapi.Error:
        connection.invalidate()
        # The next one of the pool would be closed, too.
        connection.engine.dispose()


def read(
    connection: sa.Connection, function: Callable[[sa.Connection], Result],
) -> Result:
    """Return the result of a function that reads without a transaction.

    :param connection: need not be verified
    :param function: is called again if the server has closed the connection
    """
    started = time.monotonic()
    try:
        return _without_begin(connection, function)
    except db_exception.DBConnectionError:
        if time.monotonic() - started > LOST_TIME:
            raise
    # Now the connection connects anew.
    connection.rollback()
    return function(connection)


def _without_begin(
    connection: sa.Connection, function: Callable[[sa.Connection], Result],
) -> Result:
    """Return the result of a function that needs no transaction.

    Other databases than SQLite and PostgreSQL have no BEGIN to save.
    """
    if connection.dialect.name not in ('sqlite', 'postgresql'):
        return function(connection)
    _let_begin(connection, False)
    try:
        return function(connection)
    finally:
        if not connection.invalidated:
            _let_begin(connection, True)


def _let_begin(connection: sa.Connection, may_begin: bool) -> None:
    """Have oslo.db (SQLite) or the driver (PostgreSQL) begin transactions, or
    not.

    SQLAlchemy's isolation level AUTOCOMMIT would change what oslo.db sets for
    SQLite, and costs a statement in PostgreSQL.
    """
    if connection.dialect.name == 'postgresql':
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = not may_begin
    elif may_begin:
        connection.info.pop(SQLITE_IN_TRANSACTION, None)
    else:
        connection.info[SQLITE_IN_TRANSACTION] = True
