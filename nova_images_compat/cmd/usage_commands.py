# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage usage``: reports on the calls of this API."""

from collections.abc import Mapping
import datetime
import logging
import sys
from typing import Any

from oslo_config import cfg
import sqlalchemy as sa

from nova_images_compat.cmd import common
from nova_images_compat.cmd import output
from nova_images_compat.conf import api
from nova_images_compat.conf import day
from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import identity
from nova_images_compat.usage import ledger
from nova_images_compat.usage import report as usage_report
from nova_images_compat.usage import summary as usage_summary
from nova_images_compat.usage import verdict

HTML = 'html'
FORMATS = ('table', HTML, 'json', 'csv')
# These have no room for a name: programs rely on their columns.
WITHOUT_NAMES = ('json', 'csv')


def report(conf: cfg.ConfigOpts) -> None:
    """Say who still calls this API, and whether it can be switched off."""
    arguments = conf.command
    since = None if arguments.since is None else (
        _day('--since', arguments.since))
    if arguments.format == HTML:
        extras.check(extras.REPORT, 'usage report --format html')
    if arguments.names and arguments.format in WITHOUT_NAMES:
        raise exception.CommandError(
            f'--names: the format {arguments.format} has no names')
    if arguments.names and arguments.by not in (None, usage_report.PROJECT):
        raise exception.CommandError(
            f'--names: a report by {arguments.by} has no projects')
    database = db_engine.Database(conf)
    names = _project_names(conf) if arguments.names else {}
    with database.reader() as connection:
        text = _text(connection, conf, since, names)
    output.write(text.encode(), arguments.output)


def _text(
    connection: sa.Connection, conf: cfg.ConfigOpts,
    since: datetime.date | None, names: Mapping[str, str],
) -> str:
    """Return the report in the format that the arguments name."""
    arguments = conf.command
    is_counting = conf.usage_counts.enabled
    now = datetime.datetime.now(datetime.UTC)
    if arguments.format == HTML:
        # Its notices about its cache of fonts are not for the operator.
        logging.getLogger('matplotlib').setLevel(logging.ERROR)
        # Imported only if needed: it loads Matplotlib.
        from nova_images_compat.usage import page
        found = usage_summary.read(connection, now.date(), since)
        # The verdict is on all counts.
        whole = found if since is None else (
            usage_summary.read_overview(connection, now.date()))
        return page.render(
            found, verdict.sentences(whole, is_counting), now, arguments.by,
            names)
    if arguments.format == 'table':
        return usage_report.make_text(
            connection, now.date(), is_counting, arguments.by, since, names)
    rows = usage_report.make(connection, arguments.by, since)
    return rows.as_csv() if arguments.format == 'csv' else rows.as_json()


def _project_names(conf: cfg.ConfigOpts) -> dict[str, str]:
    """Return the names of the projects, or none, with a warning, if Keystone
    does not give them.
    """
    try:
        if conf.api.auth_strategy != api.KEYSTONE:
            raise exception.ConfigurationError(
                '[api] auth_strategy does not use Keystone')
        return identity.OwnUser(conf).project_names()
    except (exception.ConfigurationError,
            exception.IdentityUnavailable) as error:
        print('nova-images-compat: no names of projects: '
              f'{exception.reason(error)}', file=sys.stderr)
        return {}


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
        '--format', choices=FORMATS, default='table',
        help='(default: %(default)s); html is one page to be mailed, and '
             "needs the extra \"report\"; in csv, a ' precedes what a "
             'spreadsheet would take for a formula')
    shown.add_argument(
        '--output', metavar='FILE',
        help='write to this file, which only its owner may read (default: '
             'the standard output)')
    shown.add_argument(
        '--names', action='store_true',
        help="ask Keystone for the projects' names, as the user of "
             '[keystone_authtoken], which must be allowed to list projects; '
             'only with table and html')
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
