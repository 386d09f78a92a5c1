# SPDX-License-Identifier: Apache-2.0

"""Reads the command line."""

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

PARTS = ('services', 'catalogue', 'filter', 'startup')

T = TypeVar('T')


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What is to be done.

    :ivar output: the directory for what comes of it
    :ivar requests: to the real services
    """

    parts: tuple[str, ...]
    requests: tuple[str, ...]
    how: settings.Settings
    profile: bool
    output: pathlib.Path


class _Parser(argparse.ArgumentParser):

    def error(self, message: str) -> NoReturn:
        """End with one line, and the status of any other failure."""
        print(f'benchmark: {message}', file=sys.stderr)
        sys.exit(1)


def parse(argv: Sequence[str]) -> Arguments:
    """Return what the command line says.

    :raises: SystemExit: it makes no sense, or asks for help
    """
    found = _parser().parse_args(argv)
    how = settings.QUICK if found.quick else settings.FULL
    if found.connections:
        how = dataclasses.replace(how, connections=found.connections)
    return Arguments(
        tuple(found.parts or PARTS), found.requests, how, found.profile,
        found.output or venvs.work_directory().parent / 'benchmark'
        / time.strftime('%Y%m%dT%H%M%SZ', time.gmtime()))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog='tox -e bench --',
        description='Measures our service against the real Glance and Nova, '
                    'and by itself.')
    parser.add_argument(
        'parts', nargs='*', metavar='PART', type=_part,
        help=f'measure just this: {", ".join(PARTS)}')
    parser.add_argument(
        '--quick', action='store_true', help='measure less, in two minutes')
    parser.add_argument(
        '--requests', type=_list_of(_request), metavar='NAME,...',
        default=tuple(calls.TITLES),
        help=f'send the services just these: {", ".join(calls.TITLES)}')
    parser.add_argument(
        '--connections', type=_list_of(_number), metavar='NUMBER,...',
        help='drive the services with so many connections')
    parser.add_argument(
        '--profile', action='store_true',
        help='take profiles of our workers, too')
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
            f'"{text}" is no number from 1 to 1000')
    return int(text)


def _one_of(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise argparse.ArgumentTypeError(
            f'there is no "{text}"; there is: {", ".join(known)}')
    return text


def _list_of(convert: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    return lambda text: tuple(
        dict.fromkeys(convert(item) for item in text.split(',')))
