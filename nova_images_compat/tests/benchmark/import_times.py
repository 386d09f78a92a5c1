# SPDX-License-Identifier: Apache-2.0

"""Parses the output of ``python -X importtime``."""

import dataclasses
import re

_LINE = re.compile(
    r'^import time: +(\d+) \| +(\d+) \| *(\S+)$', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class ImportTime:
    """The import time of a module, in milliseconds.

    :ivar own_ms: without the modules that it imports
    :ivar with_imports_ms: with those that were not imported before
    """

    name: str
    own_ms: float
    with_imports_ms: float


def parse(text: str) -> list[ImportTime]:
    """Return the modules that were imported, in the order in which their
    imports ended.
    """
    return [
        ImportTime(name, int(own) / 1000, int(both) / 1000)
        for own, both, name in _LINE.findall(text)]
