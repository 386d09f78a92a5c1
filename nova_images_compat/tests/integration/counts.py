# SPDX-License-Identifier: Apache-2.0

"""Counts the outcomes of the contract's steps, to print them after a run.

The tests run in another process, so they write a line for each scenario to a
file of the stack.
"""

import collections
from collections.abc import Iterator
import dataclasses
import json
import os

from nova_images_compat.tests.integration.stack import description


@dataclasses.dataclass
class Tally:
    """The outcomes of some scenarios.

    :ivar whose: what was tested: "filter" or "service"
    :ivar wrong: the number of steps with a wrong response
    :ivar novas: the number of steps whose responses are those of the stack's
        Nova instead of the recorded ones, by the reason
    """

    whose: str
    scenarios: int = 0
    steps: int = 0
    wrong: int = 0
    novas: collections.Counter[str] = dataclasses.field(
        default_factory=collections.Counter)

    def add(self, other: 'Tally') -> None:
        self.scenarios += other.scenarios
        self.steps += other.steps
        self.wrong += other.wrong
        self.novas.update(other.novas)

    def __str__(self) -> str:
        reasons = ', '.join(
            f'{why}: {count}' for why, count in sorted(self.novas.items()))
        return (
            f'contract of the {self.whose}: {self.scenarios} scenarios, '
            f'{self.steps} steps, {self.wrong} of them wrong, '
            f'{self.novas.total()} answered as that Nova does'
            + (f' ({reasons})' if reasons else ''))


def add(stack: description.Description, tally: Tally) -> None:
    """Add a tally to those of the run."""
    with open(_path(stack), 'a') as file:
        file.write(json.dumps(vars(tally)) + '\n')


def summary(stack: description.Description) -> Iterator[str]:
    """Yield a line for the filter, and one for the service."""
    if not os.path.exists(_path(stack)):
        return
    sums: dict[str, Tally] = {}
    with open(_path(stack)) as file:
        for line in file:
            found = json.loads(line)
            tally = Tally(
                **{**found, 'novas': collections.Counter(found['novas'])})
            sums.setdefault(tally.whose, Tally(tally.whose)).add(tally)
    for whose in sorted(sums):
        yield f'{stack.release}: {sums[whose]}'


def _path(stack: description.Description) -> str:
    return os.path.join(stack.directory, 'contract.jsonl')
