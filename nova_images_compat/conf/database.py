# SPDX-License-Identifier: Apache-2.0

"""Options of the group ``[database]``: those of oslo.db, which is part of the
extra "database". Without it, there are none."""

import importlib.util

from oslo_config import cfg

GROUP = 'database'

CONNECTION = 'sqlite:///$state_path/catalog.sqlite'


def register(conf: cfg.ConfigOpts) -> None:
    """Register the options, with our default of ``connection``.

    :param conf: the configuration object
    """
    if _is_installed():
        from oslo_db import options
        options.set_defaults(conf, connection=CONNECTION)


def set_generator_default() -> None:
    """Set our default of ``connection`` for the sample generator."""
    if _is_installed():
        from oslo_db import options
        cfg.set_defaults(options.database_opts, connection=CONNECTION)


def do_not_wait(conf: cfg.ConfigOpts, is_final: bool = False) -> None:
    """Do not retry to connect to a database that is not reachable.

    :param conf: the service's configuration
    :param is_final: whether this overrides a ``max_retries`` in a file
    """
    if _is_installed():
        change = conf.set_override if is_final else conf.set_default
        change('max_retries', 0, group=GROUP)


def _is_installed() -> bool:
    return importlib.util.find_spec('oslo_db') is not None
