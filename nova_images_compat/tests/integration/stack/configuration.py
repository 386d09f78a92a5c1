# SPDX-License-Identifier: Apache-2.0

"""Merges options, and writes configuration files."""

from collections.abc import Mapping
import os
from typing import Any

Options = Mapping[str, Mapping[str, Any]]


def merge(options: Options, others: Options) -> dict[str, dict[str, Any]]:
    """Return options with some of them replaced.

    :param others: the options that replace others; None removes an option
    """
    groups = {
        name: {**options.get(name, {}), **others.get(name, {})}
        for name in {**options, **others}}
    return {
        name: {
            option: value for option, value in values.items()
            if value is not None}
        for name, values in groups.items()}


def write(path: str, options: Options) -> str:
    """Write a configuration file that only its owner can read.

    :returns: the path
    """
    with open(path, 'w', opener=_private) as file:
        file.write(text(options))
    return path


def text(options: Options) -> str:
    """Return the text of a configuration file."""
    lines = []
    for group, values in options.items():
        lines.append(f'[{group}]')
        lines += [f'{name} = {value}' for name, value in values.items()]
        lines.append('')
    return '\n'.join([*lines, ''])


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
