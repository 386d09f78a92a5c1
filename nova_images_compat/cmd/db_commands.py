# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage db``: manages the tables of the database."""

from typing import Any

from oslo_config import cfg

from nova_images_compat.cmd import common
from nova_images_compat.db import migration


def sync(conf: cfg.ConfigOpts) -> None:
    """Create or update the tables of the database."""
    migration.sync(conf, conf.command.force)


def version(conf: cfg.ConfigOpts) -> None:
    """Print the schema version of the database."""
    print(migration.version(conf) or 'none')


def add_parsers(subparsers: Any) -> None:
    """Add the commands of the group "db"."""
    group = common.group(subparsers, 'db', 'manage the tables of the database')
    common.command(group, 'sync', sync).add_argument(
        '--force', action='store_true',
        help='create the tables even if the database has tables of another '
             'service')
    common.command(group, 'version', version)
