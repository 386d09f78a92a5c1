# SPDX-License-Identifier: Apache-2.0

"""Tests of the classification of drivers' errors."""

import sqlite3

from oslo_db import exception as db_exception
import sqlalchemy as sa

from nova_images_compat.db import driver_errors
from nova_images_compat.tests import base


class PyMySQLError(Exception):
    """An error of PyMySQL: its arguments are a number and a text."""


class LibpqError(Exception):
    """An error of psycopg2 that does not come from the server."""

    pgcode: str | None = None


class PsycopgError(Exception):
    """An error of psycopg 3 that does not come from the server."""

    sqlstate: str | None = None


class PostgreSQLError(LibpqError):
    """An error of psycopg2 that comes from the server."""

    pgcode = '53300'


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError('a text in any language')
    error.sqlite_errorcode = code
    return error


def of_server(code: str) -> PostgreSQLError:
    error = PostgreSQLError('a text in any language')
    error.pgcode = code
    return error


def operational(error: Exception) -> sa.exc.OperationalError:
    return sa.exc.OperationalError('SELECT 1', None, error)


class DriverErrorsTest(base.TestCase):

    def test_locked_file(self) -> None:
        for code, is_locked in (
                (sqlite3.SQLITE_BUSY, True),
                (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
                (sqlite3.SQLITE_LOCKED, False),
                (sqlite3.SQLITE_FULL, False)):
            with self.case(code):
                error = operational(of_sqlite(code))
                self.assertIs(is_locked, driver_errors.is_locked(error))

    def test_unavailable(self) -> None:
        refused = LibpqError('Connection refused')
        for error, is_unavailable in (
                (db_exception.DBConnectionError(), True),
                (db_exception.DBDeadlock(), True),
                (db_exception.DBNonExistentDatabase('d'), True),
                (sa.exc.TimeoutError(), True),
                (operational(refused), True),
                (operational(PsycopgError('Connection refused')), True),
                (operational(of_server('53100')), True),
                (operational(of_server('57P03')), True),
                (operational(of_server('57014')), False),
                (operational(of_server('42P01')), False),
                (sa.exc.ProgrammingError('', None, refused), False),
                (operational(PyMySQLError(1040, '')), True),
                (operational(PyMySQLError(1021, '')), True),
                (operational(PyMySQLError(1064, '')), False),
                (operational(PyMySQLError()), False),
                (operational(of_sqlite(sqlite3.SQLITE_BUSY)), True),
                (operational(of_sqlite(sqlite3.SQLITE_FULL)), True),
                (operational(of_sqlite(
                    sqlite3.SQLITE_IOERR_SHMSIZE)), True),
                (operational(of_sqlite(sqlite3.SQLITE_CORRUPT)), False),
                (db_exception.DBDataError(), False),
                (LookupError(), False)):
            with self.case(error):
                self.assertIs(
                    is_unavailable, driver_errors.is_unavailable(error))

    def test_reason_has_no_statement(self) -> None:
        error = sa.exc.OperationalError(
            'SELECT secret', {'value': 'secret'}, LibpqError('is\nfull'))
        for each in (error, db_exception.DBError(error)):
            with self.case(each):
                self.assertEqual('is full', driver_errors.reason(each))
        self.assertEqual('x', driver_errors.reason(LookupError('x')))

    def test_rejected_login(self) -> None:
        for error, is_rejected in (
                (PyMySQLError(1045, 'no'), True),
                (PyMySQLError(1044, 'no'), True),
                (PyMySQLError(1698, 'no'), True),
                (PyMySQLError(2003, 'Access denied'), False),
                (PyMySQLError(), False),
                (LibpqError(
                    'password authentication failed for user "u"'), True),
                (LibpqError('role "u" does not exist'), True),
                (PsycopgError('role "u" does not exist'), True),
                (LibpqError('Connection refused'), False),
                (PostgreSQLError('authentication failed'), False),
                (of_sqlite(sqlite3.SQLITE_BUSY), False)):
            with self.case(error):
                self.assertIs(is_rejected, driver_errors.is_login_rejected(
                    operational(error)))
                self.assertIs(is_rejected, driver_errors.is_login_rejected(
                    db_exception.DBConnectionError(operational(error))))
        self.assertFalse(driver_errors.is_login_rejected(OSError()))
