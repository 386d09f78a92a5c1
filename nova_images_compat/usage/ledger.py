# SPDX-License-Identifier: Apache-2.0

"""Reads and writes the counts of calls, on a connection it is handed."""

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
    """What calls have in common that are counted together.

    :ivar day: in UTC
    """

    day: datetime.date
    project_id: str
    user_agent: str
    operation: str
    microversion: str


def add(connection: sa.Connection, counts: Mapping[Call, int]) -> None:
    """Add to what is there, in one order: so two writers rarely end in a
    deadlock.
    """
    if counts:
        connection.execute(_upsert(connection.dialect.name), [
            {**call._asdict(), 'calls': counts[call]}
            for call in sorted(counts)])


def report(
    connection: sa.Connection, columns: Sequence[str],
    since: datetime.date | None = None,
) -> list[tuple[Any, ...]]:
    """Return these columns and the number of calls, the most calls first.

    :param columns: names of columns; over the others it is summed up
    :param since: the first day that counts; None: all do
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
    """Return the days that have counts, the oldest first.

    :param day: the first day that is not of interest
    """
    return list(connection.scalars(
        sa.select(COUNTS.c.day).distinct().where(COUNTS.c.day < day)
        .order_by(COUNTS.c.day)))


def purge(connection: sa.Connection, day: datetime.date) -> int:
    """Delete the counts of one day, and return how many they were."""
    return connection.execute(
        sa.delete(COUNTS).where(COUNTS.c.day == day)).rowcount


def _upsert(dialect: str) -> Any:
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
