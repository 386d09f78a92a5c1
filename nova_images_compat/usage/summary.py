# SPDX-License-Identifier: Apache-2.0

"""A summary of the counts: what the verdict and the page are made of."""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import datetime

import sqlalchemy as sa

from nova_images_compat.usage import sums
from nova_images_compat.usage import trend

# The most user agents that a summary names.
MOST_AGENTS = 500


@dataclasses.dataclass(frozen=True)
class Overview:
    """The counts, summed up by project and client: what the verdict needs.

    :ivar windows: the periods that are compared
    :ivar first: the first day of the counts
    :ivar last: the day of the last call
    :ivar calls: lines of a project and a client
    """

    windows: trend.Windows
    first: datetime.date
    last: datetime.date
    calls: Sequence[sums.Line]

    @property
    def projects(self) -> list[sums.Line]:
        """A line for each project, the last call first."""
        return _merged(self.calls, lambda line: line.key[:1])

    @property
    def clients(self) -> list[sums.Line]:
        """A line for each client, the last call first."""
        return _merged(self.calls, lambda line: line.key[1:])

    @property
    def total(self) -> sums.Line:
        """The sum of all calls."""
        [line] = _merged(self.calls, lambda line: ())
        return line

    @property
    def clients_of(self) -> dict[str, list[sums.Line]]:
        """The lines of each project, the last call first."""
        found: dict[str, list[sums.Line]] = {}
        for line in self.calls:
            found.setdefault(line.key[0], []).append(line)
        return found

    def trend(self, line: sums.Line) -> trend.Trend:
        """Return the trend of a line."""
        return self.windows.compare(
            line.previous, line.recent, line.first, line.last)

    def still_calls(self, line: sums.Line) -> bool:
        """Say whether a line has calls in the last days."""
        return line.last >= self.windows.still


@dataclasses.dataclass(frozen=True)
class Summary(Overview):
    """All that the page shows.

    :ivar agents: lines of a user agent and its client, at most
        ``MOST_AGENTS``
    :ivar agents_of: how many user agents each client has
    :ivar operations: lines of an operation
    :ivar days: the calls of each day and client
    """

    agents: Sequence[sums.Line]
    agents_of: dict[str, int]
    operations: Sequence[sums.Line]
    days: Sequence[tuple[datetime.date, str, int]]


def read_overview(
    connection: sa.Connection, today: datetime.date,
    since: datetime.date | None = None,
) -> Overview | None:
    """Read an overview of the counts, or return None if there is none.

    :param today: in UTC
    :param since: the first day to include, in UTC; None: include every day
    """
    found = sums.Sums(connection, since)
    days = found.days()
    if days is None:
        return None
    first, last = days
    compared = trend.windows(today, max(first, since or first))
    return Overview(
        compared, first, last,
        found.lines((sums.PROJECT, sums.CLIENT), compared))


def read(
    connection: sa.Connection, today: datetime.date,
    since: datetime.date | None = None,
) -> Summary | None:
    """Read a summary of the counts, or return None if there is none.

    The parameters are those of ``read_overview``.
    """
    overview = read_overview(connection, today, since)
    if overview is None:
        return None
    found = sums.Sums(connection, since)
    compared = overview.windows
    return Summary(
        compared, overview.first, overview.last, overview.calls,
        found.lines((sums.AGENT, sums.CLIENT), compared, MOST_AGENTS),
        found.number_of_agents(),
        found.lines((sums.OPERATION,), compared),
        found.by_day())


def _merged(
    lines: Sequence[sums.Line],
    key: Callable[[sums.Line], tuple[str, ...]],
) -> list[sums.Line]:
    merged: dict[tuple[str, ...], sums.Line] = {}
    for line in lines:
        own = key(line)
        merged[own] = merged[own].add(line) if own in merged else (
            dataclasses.replace(line, key=own))
    return sorted(
        merged.values(),
        key=lambda line: (-line.last.toordinal(), -line.calls, line.key))
