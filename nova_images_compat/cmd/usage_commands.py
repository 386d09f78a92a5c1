# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage usage``: reports on the calls of this API."""

import datetime
import sys
from typing import Any

from oslo_config import cfg

from nova_images_compat.cmd import common
from nova_images_compat.conf import day
from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat.usage import ledger
from nova_images_compat.usage import report as usage_report


def report(conf: cfg.ConfigOpts) -> None:
    """Show the number of calls, the highest first."""
    arguments = conf.command
    since = None if arguments.since is None else (
        _day('--since', arguments.since))
    with db_engine.Database(conf).reader() as connection:
        found = usage_report.make(connection, arguments.by, since)
    text = usage_report.FORMATS[arguments.format](found)
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
        help='the first day (UTC) to include, such as 2026-01-31 (default: '
             'include every day)')
    shown.add_argument(
        '--by', choices=usage_report.BY,
        help='sum up the calls of each (default: show each count)')
    shown.add_argument(
        '--format', choices=usage_report.FORMATS, default='table',
        help="(default: %(default)s); in csv, a ' precedes what a "
             'spreadsheet would take for a formula')
    common.command(group, 'purge', purge).add_argument(
        '--before', metavar='DAY', required=True,
        help='the first day (UTC) to keep')


def _day(option: str, text: str) -> datetime.date:
    """Parse the day that an option of the command line gives.

    :raises: CommandError: the text is not a day
    """
    try:
        return day.parse(text)
    except ValueError as error:
        raise exception.CommandError(
            f'{option} {text}: expected a day, such as 2026-01-31'
        ) from error
