# SPDX-License-Identifier: Apache-2.0

"""Column types that behave the same on every database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy import types

MYSQL_DIALECTS = ('mysql', 'mariadb')
UTF8_BYTES = 4


class ExactText(types.TypeDecorator[str]):
    """Short text that is compared byte by byte.

    MySQL and MariaDB compare text by collations, which overlook case or
    spaces at the end; there it is kept as UTF-8 bytes.

    :param length: characters
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name in MYSQL_DIALECTS:
            return dialect.type_descriptor(
                mysql.VARBINARY(self.length * UTF8_BYTES))
        return dialect.type_descriptor(sa.String(self.length))

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        if value is not None and dialect.name in MYSQL_DIALECTS:
            return value.encode('utf-8')
        return value

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return _decoded if dialect.name in MYSQL_DIALECTS else None


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode('utf-8')


def long_text() -> types.TypeEngine[str]:
    """Text of up to 16 MiB."""
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL_DIALECTS)


def timestamp() -> types.TypeEngine[Any]:
    """A time in UTC, to the microsecond."""
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), *MYSQL_DIALECTS)
