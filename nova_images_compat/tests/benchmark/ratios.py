# SPDX-License-Identifier: Apache-2.0

"""Ratios of the results of two servers, and how far they scatter."""

from collections.abc import Mapping
import dataclasses
from typing import Any

Cell = Mapping[str, Any]

# A ratio whose slices differ by more than this share of it scatters: one
# number would promise too much.
SCATTER = 0.15


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A ratio of two results.

    :ivar value: of all slices together
    :ivar low: the lowest ratio of a pair of slices
    :ivar high: the highest one
    """

    value: float
    low: float
    high: float

    @property
    def scatters(self) -> bool:
        """Whether the slices differ too much to state only one number."""
        return self.high - self.low > SCATTER * self.value


def value(cell: Cell | None, name: str) -> float | None:
    """Return a value of a cell; None if the cell is missing or invalid, or
    does not have the value.
    """
    return cell[name] if cell is not None and cell['valid'] else None


def compare(
    cell: Cell | None, other: Cell | None, name: str,
) -> Ratio | None:
    """Return the ratio of a value in two cells; None if a cell is missing or
    invalid, or does not have the value.

    The servers are measured in turns, so two slices of the same number are
    close in time.

    :param name: of a value that the slices of the cells have, too
    """
    above, below = value(cell, name), value(other, name)
    if cell is None or other is None or above is None or not below:
        return None
    pairs = [
        one[name] / another[name]
        for one, another in zip(cell['slices'], other['slices'])
        if one[name] is not None and another[name]]
    whole = above / below
    return Ratio(
        whole, min(pairs, default=whole), max(pairs, default=whole))
