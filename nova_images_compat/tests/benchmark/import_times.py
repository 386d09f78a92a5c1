# SPDX-License-Identifier: Apache-2.0

"""Reads what ``python -X importtime`` prints."""

import dataclasses
import re

_LINE = re.compile(
    r'^import time: +(\d+) \| +(\d+) \| *(\S+)$', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class ImportTime:
    """How long a module took, in milliseconds.

    :ivar own_ms: without the modules that it imports
    :ivar with_imports_ms: with those that nobody had imported before
    """

    name: str
    own_ms: float
    with_imports_ms: float


def parse(text: str) -> list[ImportTime]:
    """Return the modules of an interpreter's whole run, in the order in
    which they were done.
    """
    return [
        ImportTime(name, int(own) / 1000, int(both) / 1000)
        for own, both, name in _LINE.findall(text)]
