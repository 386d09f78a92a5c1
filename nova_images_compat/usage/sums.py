# SPDX-License-Identifier: Apache-2.0

"""The sums of the counts that a summary needs. The database adds up, so that
the size of the table does not matter to the memory of a report."""

from collections.abc import Sequence
import dataclasses
import datetime
from typing import Any

import sqlalchemy as sa

from nova_images_compat.usage import clients
from nova_images_compat.usage import ledger
from nova_images_compat.usage import trend

COUNTS = ledger.COUNTS

PROJECT = 'project_id'
AGENT = 'user_agent'
OPERATION = 'operation'
# Not a column of the table: the client that the user agent is of.
CLIENT = 'client'


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """The calls that share a key.

    :ivar key: the values of the columns
    :ivar first: the day of the first call
    :ivar last: the day of the last call
    :ivar previous: the calls of the earlier of two periods
    :ivar recent: the calls of the later one
    """

    key: tuple[str, ...]
    calls: int
    first: datetime.date
    last: datetime.date
    previous: int
    recent: int

    def add(self, other: 'Line') -> 'Line':
        """Return the sum of both, with the key of this one."""
        return Line(
            self.key, self.calls + other.calls, min(self.first, other.first),
            max(self.last, other.last), self.previous + other.previous,
            self.recent + other.recent)


class Sums:
    """Reads sums of the counts.

    :param connection: reads the table
    :param since: the first day to include, in UTC; None: include every day
    """

    def __init__(
        self, connection: sa.Connection, since: datetime.date | None,
    ) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name
        self._since = since

    def days(self) -> tuple[datetime.date, datetime.date] | None:
        """Return the first and the last day with calls, or None."""
        day = COUNTS.c.day
        [(first, last)] = self._connection.execute(self._included(
            sa.select(sa.func.min(day), sa.func.max(day))))
        return None if first is None else (first, last)

    def lines(
        self, names: Sequence[str], compared: trend.Windows,
        limit: int | None = None,
    ) -> list[Line]:
        """Return the lines that these columns make, the last call and the
        most calls first.

        :param names: of ``PROJECT``, ``AGENT``, ``OPERATION``, ``CLIENT``
        :param compared: the periods whose calls are added up, too
        :param limit: the most lines; None: all
        """
        day, calls = COUNTS.c.day, COUNTS.c.calls
        before = sa.and_(day >= compared.previous, day < compared.recent)
        grouped = self._grouped(
            names, sa.func.sum(calls).label('calls'),
            sa.func.min(day).label('first'), sa.func.max(day).label('last'),
            _sum_if(before).label('previous'),
            _sum_if(day >= compared.recent).label('recent'))
        key = [grouped.c[name] for name in names]
        total, last = sa.func.sum(grouped.c.calls), sa.func.max(grouped.c.last)
        statement = sa.select(
            *key, total, sa.func.min(grouped.c.first), last,
            sa.func.sum(grouped.c.previous), sa.func.sum(grouped.c.recent),
        ).group_by(*key).order_by(last.desc(), total.desc(), *key)
        if limit is not None:
            statement = statement.limit(limit)
        size = len(key)
        return [
            Line(tuple(row[:size]), int(row[size]), row[size + 1],
                 row[size + 2], int(row[size + 3]), int(row[size + 4]))
            for row in self._connection.execute(statement)]

    def number_of_agents(self) -> dict[str, int]:
        """Return how many user agents each client has."""
        grouped = self._grouped([CLIENT])
        return {
            client: number for client, number in self._connection.execute(
                sa.select(grouped.c[CLIENT], sa.func.count()).group_by(
                    grouped.c[CLIENT]))}

    def by_day(self) -> list[tuple[datetime.date, str, int]]:
        """Return the number of calls of each day and client."""
        # Not grouped by user agent first: there may be as many of a day as
        # there are rows.
        recognised = _client(self._dialect, COUNTS.c.user_agent)
        calls = self._included(sa.select(
            COUNTS.c.day, COUNTS.c.calls, recognised.label(CLIENT),
        )).subquery()
        day, client = calls.c.day, calls.c[CLIENT]
        return [
            (when, name, int(number))
            for when, name, number in self._connection.execute(
                sa.select(day, client, sa.func.sum(calls.c.calls)).group_by(
                    day, client).order_by(day, client))]

    def _grouped(self, names: Sequence[str], *added: Any) -> sa.Subquery:
        """Return the sums of the counts that share these columns.

        The client is recognised in what is already grouped by user agent,
        because that costs more than to add up: there may be several rows of
        one client.
        """
        columns = [COUNTS.c[name] for name in dict.fromkeys(
            AGENT if name == CLIENT else name for name in names)]
        grouped = self._included(
            sa.select(*columns, *added)).group_by(*columns).subquery()
        if CLIENT not in names:
            return grouped
        client = _client(self._dialect, grouped.c[AGENT])
        return sa.select(grouped, client.label(CLIENT)).subquery()

    def _included(self, statement: Any) -> Any:
        """Return a statement that only reads the days to include."""
        if self._since is None:
            return statement
        return statement.where(COUNTS.c.day >= self._since)


def _client(dialect: str, agent: Any) -> sa.Case[str]:
    """Return the expression that recognises a client, as
    ``clients.recognise`` does.

    :param agent: the column of the user agents
    """
    # LIKE ignores case in SQLite.
    position = sa.func.strpos if dialect == 'postgresql' else sa.func.instr
    words = sa.literal(' ') + sa.type_coerce(agent, sa.String)
    return sa.case(
        (agent == '', clients.NO_AGENT),
        *((sa.or_(*(position(words, f' {marker}') > 0
                    for marker in client.markers)), client.name)
          for client in clients.CLIENTS),
        else_=clients.NOT_RECOGNISED)


def _sum_if(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, COUNTS.c.calls), else_=0))
