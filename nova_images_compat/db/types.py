# SPDX-License-Identifier: Apache-2.0

"""Column types that behave the same in all databases."""

from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext import compiler
from sqlalchemy.sql import functions
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


class TextMap(types.TypeDecorator[dict[str, str]]):
    """Names and values that ``collected`` returns."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(
        self, value: str | None, dialect: Any,
    ) -> dict[str, str]:
        items: dict[str, str] = orjson.loads(value) if value else {}
        if dialect.name in MYSQL_DIALECTS:
            return {bytes.fromhex(name).decode('utf-8'): text
                    for name, text in items.items()}
        return items


class collected(functions.FunctionElement[dict[str, str]]):
    """The aggregate of a column of different names and a column of values: a
    dictionary.

    To read one JSON document takes databases and drivers less time than to
    read a row for each item.

    :param clauses: the two columns; the one of the names is ExactText
    """

    type = TextMap()
    inherit_cache = True


def _compile_as(template: str, *dialects: str) -> None:
    def compile_collected(
        element: collected, sql_compiler: Any, **kwargs: Any,
    ) -> str:
        name, value = (
            sql_compiler.process(clause, **kwargs)
            for clause in element.clauses)
        return template.format(name=name, value=value)

    compiler.compiles(collected, *dialects)(compile_collected)


_compile_as('json_group_object({name}, {value})', 'sqlite')
_compile_as(
    'CAST(json_object_agg({name}, {value}) AS TEXT)', 'postgresql')
# The names are bytes there, and old versions of MariaDB do not escape quotes
# in them (MDEV-30412).
_compile_as('JSON_OBJECTAGG(HEX({name}), {value})', *MYSQL_DIALECTS)


def long_text() -> types.TypeEngine[str]:
    """Return the type of text of up to 16 MiB."""
    return sa.Text().with_variant(mysql.MEDIUMTEXT(), *MYSQL_DIALECTS)


def timestamp() -> types.TypeEngine[Any]:
    """Return the type of a time in UTC, in microseconds."""
    return sa.DateTime().with_variant(
        mysql.DATETIME(fsp=6), *MYSQL_DIALECTS)
