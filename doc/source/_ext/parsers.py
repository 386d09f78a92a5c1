# SPDX-License-Identifier: Apache-2.0

"""Returns the argparse parsers of the commands, for the command line pages.

oslo.config creates a command's parser only when it parses, and has no public
way to get it. So this module runs each command up to this point.
"""

import argparse
from collections.abc import Callable
import sys
from unittest import mock

from oslo_config import cfg

from nova_images_compat.cmd import manage as manage_command
from nova_images_compat.cmd import serve as api_command
from nova_images_compat.cmd import status as status_command


class _Found(Exception):
    """Stops a command before it parses, and carries its parser."""


def _stop(parser: argparse.ArgumentParser, *args: object) -> None:
    raise _Found(parser)


def _nowhere(*args: object, **kwargs: object) -> list[str]:
    """Return no configuration files, because the pages must not depend on the
    configuration of the build machine.
    """
    return []


@mock.patch.object(argparse.ArgumentParser, 'parse_args', _stop)
@mock.patch.object(cfg, 'find_config_files', _nowhere)
@mock.patch.object(cfg, 'find_config_dirs', _nowhere)
def _parser(
    name: str, main: Callable[..., object],
) -> argparse.ArgumentParser:
    """Return the parser that a command's main function uses.

    :raises: LookupError if the command does not parse its arguments
    """
    with mock.patch.object(sys, 'argv', [name]):
        try:
            main('--help')
        except _Found as found:
            return found.args[0]
    raise LookupError(f'{name} does not parse its arguments')


def api() -> argparse.ArgumentParser:
    """Return the parser of nova-images-compat-api."""
    return _parser('nova-images-compat-api', api_command.main)


def manage() -> argparse.ArgumentParser:
    """Return the parser of nova-images-compat-manage."""
    return _parser('nova-images-compat-manage', manage_command.main)


def status() -> argparse.ArgumentParser:
    """Return the parser of nova-images-compat-status."""
    return _parser('nova-images-compat-status', status_command.main)
