# SPDX-License-Identifier: Apache-2.0

"""The table of the counts of calls: its statements, on the caller's
connection."""

from collections.abc import Mapping
from collections.abc import Sequence
import datetime
from typing import Any
from typing import cast
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from nova_images_compat.db import models
from nova_images_compat.db import types

COUNTS = cast(sa.Table, models.UsageCount.__table__)


class Call(NamedTuple):
    """Calls that share these values share a count.

    :ivar day: the day of the calls, in UTC
    :ivar operation: such as "images:show"
    """

    day: datetime.date
    project_id: str
    user_agent: str
    operation: str
    microversion: str


def add(connection: sa.Connection, counts: Mapping[Call, int]) -> None:
    """Add these numbers of calls to the table.

    The rows are sorted: two writers that lock rows in the same order rarely
    end in a deadlock.

    :param counts: the number of new calls of each
    """
    if counts:
        connection.execute(_upsert(connection.dialect.name), [
            {**call._asdict(), 'calls': counts[call]}
            for call in sorted(counts)])


def totals(
    connection: sa.Connection, columns: Sequence[str],
    since: datetime.date | None = None,
) -> list[tuple[Any, ...]]:
    """Return rows of these columns and the number of calls, the highest
    number first.

    :param columns: names of columns; rows that differ only in other columns
        are summed up
    :param since: the first day to include; None: include every day
    """
    shown = [COUNTS.c[name] for name in columns]
    calls = sa.func.sum(COUNTS.c.calls)
    statement = sa.select(*shown, calls).group_by(*shown).order_by(
        calls.desc(), *shown)
    if since is not None:
        statement = statement.where(COUNTS.c.day >= since)
    return [(*row[:-1], int(row[-1]))
            for row in connection.execute(statement)]


def days_before(
    connection: sa.Connection, day: datetime.date,
) -> list[datetime.date]:
    """Return the days before this one that have counts, the oldest first.
    """
    return list(connection.scalars(
        sa.select(COUNTS.c.day).distinct().where(COUNTS.c.day < day)
        .order_by(COUNTS.c.day)))


def purge(connection: sa.Connection, day: datetime.date) -> int:
    """Delete the counts of one day, and return how many were deleted."""
    return connection.execute(
        sa.delete(COUNTS).where(COUNTS.c.day == day)).rowcount


def printable(text: str) -> str:
    """Return the text without characters that cannot be printed, such as
    control characters.
    """
    return text if text.isprintable() else ''.join(
        character for character in text if character.isprintable())


def _upsert(dialect: str) -> Any:
    """Return the statement that inserts a row, or adds to its calls."""
    if dialect in types.MYSQL_DIALECTS:
        on_mysql = mysql.insert(COUNTS)
        return on_mysql.on_duplicate_key_update(
            calls=COUNTS.c.calls + on_mysql.inserted.calls)
    insert: Any = postgresql.insert if dialect == 'postgresql' else (
        sqlite.insert)
    statement = insert(COUNTS)
    return statement.on_conflict_do_update(
        index_elements=list(COUNTS.primary_key),
        set_={'calls': COUNTS.c.calls + statement.excluded.calls})
