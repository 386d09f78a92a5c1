# SPDX-License-Identifier: Apache-2.0

"""The report on the counts of calls as a table, JSON or CSV: its columns and
rows."""

from collections.abc import Mapping
from collections.abc import Sequence
import csv
import dataclasses
import datetime
import io
import re
from typing import Any

import orjson
import prettytable
import sqlalchemy as sa

from nova_images_compat.usage import clients
from nova_images_compat.usage import ledger
from nova_images_compat.usage import summary as usage_summary
from nova_images_compat.usage import sums
from nova_images_compat.usage import trend
from nova_images_compat.usage import verdict

PROJECT = 'project'

# The columns of a report, and those of the database's table.
COLUMNS = {
    'day': 'day',
    PROJECT: 'project_id',
    'agent': 'user_agent',
    'operation': 'operation',
    'microversion': 'microversion',
}
CALLS = 'calls'

# The columns that a report can be summed up by.
BY = (PROJECT, 'agent', 'operation')

# Where a spreadsheet may see a formula: at the start of a cell, or after a
# character that it may take for the separator of cells.
FORMULA = re.compile(r'(^|[;,|])(\s*)(?=[=+\-@＝＋－＠])')


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """Numbers of calls, the highest first.

    :ivar names: the columns' names
    :ivar rows: the rows' values, in the order of the columns
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def as_table(self) -> str:
        """Return the report as a table for a terminal."""
        table = prettytable.PrettyTable(self.names, align='l')
        table.align[CALLS] = 'r'
        table.add_rows([[_cell(value) for value in row] for row in self.rows])
        return f'{table}\n'

    def as_json(self) -> str:
        """Return the report as a JSON array, with an object for each row."""
        return orjson.dumps(
            [dict(zip(self.names, row)) for row in self.rows],
            option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    def as_csv(self) -> str:
        """Return the report as CSV. A ' precedes what a spreadsheet would
        take for a formula: a client chooses its user agent.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator='\n')
        writer.writerow(self.names)
        writer.writerows(
            [FORMULA.sub(r"\1\2'", _cell(value)) for value in row]
            for row in self.rows)
        return text.getvalue()


def make(
    connection: sa.Connection, by: str | None = None,
    since: datetime.date | None = None,
) -> Report:
    """Read the counts, and return a report on them.

    :param by: one of ``BY``: sum up the calls of each of its values;
        None: show each count
    :param since: the first day to include, in UTC; None: include every day
    """
    names = [by] if by else list(COLUMNS)
    rows = ledger.totals(connection, [COLUMNS[name] for name in names], since)
    return Report([*names, CALLS], rows)


def make_text(
    connection: sa.Connection, today: datetime.date, is_counting: bool,
    by: str | None = None, since: datetime.date | None = None,
    projects: Mapping[str, str] | None = None,
) -> str:
    """Read the counts, and return the verdict and a table for a terminal.

    The verdict is on all counts. The table of ``by`` also has the last call
    and the trend.

    :param today: in UTC
    :param is_counting: whether calls are counted now
    :param projects: the projects' names, by their ids
    """
    found = usage_summary.read_overview(connection, today)
    if by and found:
        report = _with_trend(connection, found, today, by, since)
    else:
        report = make(connection, by, since)
    if projects:
        report = _named(report, projects)
    return '\n'.join(
        [*verdict.sentences(found, is_counting), report.as_table()])


def _with_trend(
    connection: sa.Connection, found: usage_summary.Overview,
    today: datetime.date, by: str, since: datetime.date | None,
) -> Report:
    compared = trend.windows(today, max(found.first, since or found.first))
    lines = sums.Sums(connection, since).lines((COLUMNS[by],), compared)
    lines.sort(key=lambda line: (-line.calls, line.key))
    rows = [
        [*line.key, line.calls, line.last, compared.compare(
            line.previous, line.recent, line.first, line.last)]
        for line in lines]
    names = [by, CALLS, 'last call', 'trend']
    if by == 'agent':
        names.insert(1, 'client')
        for row in rows:
            row.insert(1, _client(str(row[0])))
    return Report(names, rows)


def _client(user_agent: str) -> str:
    client = clients.recognise(user_agent)
    return client.name if client else ''


def _named(report: Report, projects: Mapping[str, str]) -> Report:
    """Return the report with the names of projects beside their ids."""
    if PROJECT not in report.names:
        return report
    place = list(report.names).index(PROJECT) + 1
    names = list(report.names)
    names.insert(place, 'name')
    return Report(names, [
        [*row[:place], projects.get(row[place - 1], ''), *row[place:]]
        for row in report.rows])


def _cell(value: Any) -> str:
    return ledger.printable(str(value))
