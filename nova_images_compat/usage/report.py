# SPDX-License-Identifier: Apache-2.0

"""The report on the counts of calls: its columns, rows and formats."""

from collections.abc import Callable
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

from nova_images_compat.usage import ledger

# The columns of a report, and those of the database's table.
COLUMNS = {
    'day': 'day',
    'project': 'project_id',
    'agent': 'user_agent',
    'operation': 'operation',
    'microversion': 'microversion',
}
CALLS = 'calls'

# The columns that a report can be summed up by.
BY = ('project', 'agent', 'operation')

# Where a spreadsheet may see a formula: at the start of a cell, or after a
# character that it may take for the separator of cells.
FORMULA = re.compile(r'(^|[;,|])(\s*)(?=[=+\-@＝＋－＠])')


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """Numbers of calls, the highest first.

    :ivar names: the columns' names; the last column has the number of calls
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


FORMATS: dict[str, Callable[[Report], str]] = {
    'table': Report.as_table, 'json': Report.as_json, 'csv': Report.as_csv}


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


def _cell(value: Any) -> str:
    return ledger.printable(str(value))
