# SPDX-License-Identifier: Apache-2.0

"""Parses the command line."""

import argparse
from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import pathlib
import sys
import time
from typing import NoReturn
from typing import TypeVar

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.integration.stack import venvs

PARTS = ('services', 'polling', 'catalogue', 'filter', 'startup')

# The parts with the real Glance.
WITH_GLANCE = {'services', 'polling'}

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What to measure, and how.

    :ivar parts: of ``PARTS``
    :ivar requests: to the real services, of ``calls.TITLES``
    :ivar profile: whether to profile our workers as well
    :ivar output: the directory for results
    """

    parts: tuple[str, ...]
    requests: tuple[str, ...]
    how: settings.Settings
    profile: bool
    output: pathlib.Path


class _Parser(argparse.ArgumentParser):

    def error(self, message: str) -> NoReturn:
        """Print one line, and exit with the status of other failures."""
        print(f'benchmark: {message}', file=sys.stderr)
        sys.exit(1)


def parse(argv: Sequence[str]) -> Arguments:
    """Parse the command line.

    :raises: SystemExit: if it is invalid, or asks for help
    """
    found = _parser().parse_args(argv)
    how: settings.Settings = found.how
    if found.connections:
        how = dataclasses.replace(how, connections=found.connections)
    return Arguments(
        tuple(found.parts or PARTS), found.requests, how, found.profile,
        found.output or venvs.work_directory().parent / 'benchmark'
        / time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='tox -e bench --',
        description='Measures our service with the real Glance and Nova, and '
                    'by itself.')
    parser.add_argument(
        'parts', nargs='*', metavar='PART', type=_part,
        help=f'measure only these parts: {", ".join(PARTS)}')
    parser.set_defaults(how=settings.FULL)
    shorter = parser.add_mutually_exclusive_group()
    shorter.add_argument(
        '--medium', action='store_const', dest='how', const=settings.MEDIUM,
        help='measure less, in 8 minutes instead of 25')
    shorter.add_argument(
        '--quick', action='store_const', dest='how', const=settings.QUICK,
        help='only try everything, in 3 minutes')
    parser.add_argument(
        '--requests', type=_list_of(_request), metavar='NAME,...',
        default=tuple(calls.TITLES),
        help=f'send the services only: {", ".join(calls.TITLES)}')
    parser.add_argument(
        '--connections', type=_list_of(_number), metavar='NUMBER,...',
        help='load the services with these numbers of connections')
    parser.add_argument(
        '--profile', action='store_true',
        help='profile our workers as well')
    parser.add_argument(
        '--output', type=pathlib.Path, metavar='DIRECTORY',
        help='where to write tables, plots and profiles (default: '
             '.tox/benchmark/TIME)')
    return parser


def _part(text: str) -> str:
    return _one_of(text, PARTS)


def _request(text: str) -> str:
    return _one_of(text, tuple(calls.TITLES))


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not a number from 1 to 1000')
    return int(text)


def _one_of(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not one of: {", ".join(known)}')
    return text


def _list_of(convert: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    return lambda text: tuple(
        dict.fromkeys(convert(item) for item in text.split(',')))
