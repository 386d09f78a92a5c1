# SPDX-License-Identifier: Apache-2.0

"""Column types that behave the same in all databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy import types

MYSQL_DIALECTS = ('mysql', 'mariadb')
UTF8_BYTES = 4


class UTF8Binary(mysql.VARBINARY):
    """Text, stored as UTF-8 bytes.

    :param length: maximum number of characters
    """

    def __init__(self, length: int) -> None:
        super().__init__(length * UTF8_BYTES)

    def bind_processor(self, dialect: Any) -> Any:
        return _encoded

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return _decoded


class ExactText(types.TypeDecorator[str]):
    """Short text that is compared byte by byte.

    The collations of MySQL and MariaDB ignore case or trailing spaces.
    Therefore the text is stored there as bytes.

    :param length: maximum number of characters
    """

    impl = sa.String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name in MYSQL_DIALECTS:
            return UTF8Binary(self.length)
        return dialect.type_descriptor(sa.String(self.length))


def _encoded(value: str | None) -> bytes | None:
    return None if value is None else value.encode('utf-8')


def _decoded(value: bytes | None) -> str | None:
    return None if value is None else value.decode('utf-8')


def long_text() -> types.TypeEngine[str]:
    """Return the type of text of up to 16 MiB."""
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL_DIALECTS)


def timestamp() -> types.TypeEngine[Any]:
    """Return the type of a time in UTC, in microseconds."""
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), *MYSQL_DIALECTS)
