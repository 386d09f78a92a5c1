# SPDX-License-Identifier: Apache-2.0

"""What the commands share: their actions in argparse, and how they end if
there is an error that the operator must fix."""

import argparse
from collections.abc import Callable
import contextlib
import functools
import sys
from typing import Any

from oslo_config import cfg

from nova_images_compat import exception


def group(subparsers: Any, name: str, help_text: str) -> Any:
    """Add a group of actions, such as "image", and return its subparsers."""
    parser = subparsers.add_parser(name, help=help_text)
    return parser.add_subparsers(
        dest='action', metavar='ACTION', required=True)


def command(
    of_group: Any, name: str, function: Callable[[cfg.ConfigOpts], None],
) -> argparse.ArgumentParser:
    """Add an action to a group.

    :param function: carries out the action; its docstring is the help
    """
    parser = of_group.add_parser(
        name, help=function.__doc__, description=function.__doc__)
    parser.set_defaults(function=function)
    return parser


def reports_errors(
    main: Callable[..., int | None],
) -> Callable[..., int | None]:
    """Decorate a command's main function: an error ends the command with one
    line on the standard error, and exit status 1.

    :param main: returns the exit status of the command
    """
    @functools.wraps(main)
    def wrapper(*args: str) -> int | None:
        try:
            status = main(*args)
            sys.stdout.flush()
            return status
        except exception.OperatorError as error:
            print(f'nova-images-compat: {error}', file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        except OSError as error:
            # Otherwise Python tries again to write when it exits.
            with contextlib.suppress(OSError):
                sys.stdout.close()
            if isinstance(error, BrokenPipeError):
                return 0
            print(f'nova-images-compat: {error}', file=sys.stderr)
            return 1

    return wrapper
