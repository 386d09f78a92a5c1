# SPDX-License-Identifier: Apache-2.0

"""The report as one HTML page, which fetches nothing and has no script.

Needs the extra "report".
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import datetime
from typing import Any

import jinja2
import markupsafe

from nova_images_compat.usage import chart
from nova_images_compat.usage import clients
from nova_images_compat.usage import ledger
from nova_images_compat.usage import summary as usage_summary
from nova_images_compat.usage import sums

# The most rows of a table that are seen at once, and the most that it has.
SHOWN = 25
MOST_ROWS = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    :ivar name: what calls, or is called
    :ivar detail: more on it, such as the id of a project
    :ivar more: the cells between the name and the number of calls
    """

    name: str
    detail: str
    more: tuple[str, ...]
    calls: int
    last: datetime.date
    trend: str


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table of the page.

    :ivar title: its heading
    :ivar columns: the names of the columns before the number of calls
    :ivar rows: at most ``MOST_ROWS``
    :ivar left_out: the number of rows that the table does not have
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    left_out: int


def render(
    found: usage_summary.Summary | None, said: Sequence[str],
    generated: datetime.datetime, by: str | None = None,
    names: Mapping[str, str] | None = None,
) -> str:
    """Return the page.

    :param said: the sentences of the verdict
    :param generated: the time, in UTC
    :param by: "project", "agent" or "operation", for a page with this table
        only; None: with all tables
    :param names: the projects' names, by their ids
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader('nova_images_compat.usage'),
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)
    environment.filters['printable'] = ledger.printable
    return environment.get_template('report.html').render(
        verdict=said, generated=generated, shown=SHOWN,
        **(_content(found, by, names or {}) if found else {}))


def _content(
    found: usage_summary.Summary, by: str | None, names: Mapping[str, str],
) -> dict[str, Any]:
    # Calls may have been added since the first statement.
    last = max(found.last, found.windows.today,
               *(day for day, _, _ in found.days))
    series = chart.series(found.days, found.first, last)
    tables = {
        'client': _clients, 'project': _projects, 'agent': _agents,
        'operation': _operations}
    return {
        'summary': found,
        'last': last,
        'legend': list(series),
        'chart': markupsafe.Markup(chart.draw(series, found.first)),
        'advised': list(_advised(found)),
        'tables': [make(found, names) for name, make in tables.items()
                   if by in (None, name)],
    }


def _advised(found: usage_summary.Summary) -> Iterable[clients.Client]:
    """Yield the known clients that still call."""
    for line in found.clients:
        client = clients.find(line.key[0])
        if client and found.still_calls(line):
            yield client


def _clients(
    found: usage_summary.Summary, names: Mapping[str, str],
) -> Table:
    projects: dict[str, int] = {}
    for line in found.calls:
        projects[line.key[1]] = projects.get(line.key[1], 0) + 1
    return _table(found, 'Clients', ('Client', 'Projects', 'User agents'), [
        (line, line.key[0], '', (
            f'{projects[line.key[0]]:,}',
            f'{found.agents_of.get(line.key[0], 0):,}'))
        for line in found.clients])


def _projects(
    found: usage_summary.Summary, names: Mapping[str, str],
) -> Table:
    clients_of = found.clients_of
    return _table(found, 'Projects', ('Project', 'Clients'), [
        (line, names.get(line.key[0], line.key[0]),
         line.key[0] if line.key[0] in names else '',
         (', '.join(of.key[1] for of in clients_of[line.key[0]]),))
        for line in found.projects])


def _agents(found: usage_summary.Summary, names: Mapping[str, str]) -> Table:
    return _table(found, 'User agents', ('User agent', 'Client'), [
        (line, line.key[0] or '–', '', (line.key[1],))
        for line in found.agents], sum(found.agents_of.values()))


def _operations(
    found: usage_summary.Summary, names: Mapping[str, str],
) -> Table:
    return _table(found, 'Operations', ('Operation',), [
        (line, line.key[0], '', ()) for line in found.operations])


def _table(
    found: usage_summary.Summary, title: str, columns: Sequence[str],
    lines: Sequence[tuple[sums.Line, str, str, tuple[str, ...]]],
    number: int | None = None,
) -> Table:
    """Return a table.

    :param number: how many lines there are; None: these
    """
    rows = [
        Row(name, detail, more, line.calls, line.last, found.trend(line))
        for line, name, detail, more in lines[:MOST_ROWS]]
    if number is None:
        number = len(lines)
    return Table(title, columns, rows, number - len(rows))
