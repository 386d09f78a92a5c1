# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-manage``: manages the embedded catalogue and the counts
of calls. It needs the extra "database"."""

import sys
from typing import Any

from oslo_config import cfg

from nova_images_compat.cmd import common
from nova_images_compat.conf import database
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import extras


@common.reports_errors
def main(*argv: str) -> int:
    """Run a command."""
    extras.check(extras.DATABASE, 'nova-images-compat-manage')
    conf = reader.load(argv or sys.argv[1:], cli_opts=[cfg.SubCommandOpt(
        'command', title='commands', handler=add_parsers)])
    # The standard output is for the results of commands.
    conf.set_default('use_stderr', True)
    database.do_not_wait(conf)
    reader.set_up_logging(conf)
    _run(conf)
    return 0


def add_parsers(subparsers: Any) -> None:
    """Add all actions."""
    from nova_images_compat.cmd import db_commands
    from nova_images_compat.cmd import image_commands
    from nova_images_compat.cmd import usage_commands
    for module in (db_commands, image_commands, usage_commands):
        module.add_parsers(subparsers)


def _run(conf: cfg.ConfigOpts) -> None:
    from oslo_db import exception as db_exception
    import sqlalchemy as sa
    try:
        conf.command.function(conf)
    except (db_exception.DBError, sa.exc.SQLAlchemyError,
            exception.ImageStoreUnavailable) as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise exception.CommandError(f'the database: {error}') from error


if __name__ == '__main__':
    sys.exit(main())
