# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage db``: the tables of the database."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.cmd import common
from nova_images_compat.db import migration


def sync(conf: cfg.ConfigOpts) -> None:
    """Create the tables of the database, or bring them up to date."""
    migration.sync(conf, conf.command.force)


def version(conf: cfg.ConfigOpts) -> None:
    """Print the version of the database's schema."""
    print(migration.version(conf) or 'none')


def add_parsers(subparsers: Any) -> None:
    """Add the actions of the group "db"."""
    group = common.group(subparsers, 'db', 'the database')
    common.command(group, 'sync', sync).add_argument(
        '--force', action='store_true',
        help='create the tables also in a database that has tables of '
             'another service')
    common.command(group, 'version', version)
