# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage usage``: shows who still calls this API."""

import csv
import datetime
import io
import re
import sys
from typing import Any

import orjson
from oslo_config import cfg
import prettytable

from nova_images_compat.cmd import common
from nova_images_compat.conf import day
from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat.usage import counter
from nova_images_compat.usage import ledger

# What the columns of the table are called in reports.
COLUMNS = {
    'day': 'day',
    'project': 'project_id',
    'agent': 'user_agent',
    'operation': 'operation',
    'microversion': 'microversion',
}
BY = ('project', 'agent', 'operation')
CALLS = 'calls'

# Where a spreadsheet may see the start of a formula: that of a cell, or what
# is behind a character that it takes for the separator.
FORMULA = re.compile(r'(^|[;,|])(\s*)(?=[=+\-@＝＋－＠])')

Rows = list[tuple[Any, ...]]


def report(conf: cfg.ConfigOpts) -> None:
    """Show how many calls there were, the most first."""
    arguments = conf.command
    names = [arguments.by] if arguments.by else list(COLUMNS)
    since = None
    if arguments.since is not None:
        since = _day('--since', arguments.since)
    with db_engine.Database(conf).reader() as connection:
        rows = ledger.report(
            connection, [COLUMNS[name] for name in names], since)
    text = FORMATS[arguments.format]([*names, CALLS], rows)
    sys.stdout.buffer.write(text.encode())


def purge(conf: cfg.ConfigOpts) -> None:
    """Delete the counts of old days."""
    before = _day('--before', conf.command.before)
    database = db_engine.Database(conf)
    with database.reader() as connection:
        days = ledger.days_before(connection, before)
    deleted = 0
    for old in days:
        with database.writer() as connection:
            deleted += ledger.purge(connection, old)
    print(f'{deleted} counts deleted')


def add_parsers(subparsers: Any) -> None:
    """Add the actions of the group "usage"."""
    group = common.group(subparsers, 'usage', 'who still calls this API')
    shown = common.command(group, 'report', report)
    shown.add_argument(
        '--since', metavar='DAY',
        help='the first day (UTC) that counts, such as 2026-01-31 (default: '
             'every day)')
    shown.add_argument(
        '--by', choices=BY,
        help='add up the calls of each (default: every count by itself)')
    shown.add_argument(
        '--format', choices=FORMATS, default='table',
        help="(default: %(default)s); in csv, a ' stands before what a "
             'spreadsheet would take for a formula')
    common.command(group, 'purge', purge).add_argument(
        '--before', metavar='DAY', required=True,
        help='the first day (UTC) whose counts are kept')


def _day(option: str, text: str) -> datetime.date:
    try:
        return day.parse(text)
    except ValueError as error:
        raise exception.CommandError(
            f'{option} {text}: it must be a day, such as 2026-01-31'
        ) from error


def _table(names: list[str], rows: Rows) -> str:
    table = prettytable.PrettyTable(names, align='l')
    table.align[CALLS] = 'r'
    table.add_rows([[_cell(value) for value in row] for row in rows])
    return f'{table}\n'


def _json(names: list[str], rows: Rows) -> str:
    return orjson.dumps(
        [dict(zip(names, row)) for row in rows],
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _csv(names: list[str], rows: Rows) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(names)
    writer.writerows(
        [FORMULA.sub(r"\1\2'", _cell(value)) for value in row]
        for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    return counter.printable(str(value))


FORMATS = {'table': _table, 'json': _json, 'csv': _csv}
