# SPDX-License-Identifier: Apache-2.0

"""Counts what came of the contract's steps, for the end of a run.

The tests run in another process than what prints the counts: a line a scenario
goes into a file of the stack."""

import collections
from collections.abc import Iterator
import dataclasses
import json
import os

from nova_images_compat.tests.integration.stack import description


@dataclasses.dataclass
class Tally:
    """What came of some scenarios.

    :ivar whose: who was asked: "filter" or "service"
    :ivar novas: how many steps were answered as that Nova does, by why
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
    """Keep a tally until the end of the run."""
    with open(_path(stack), 'a') as file:
        file.write(json.dumps(vars(tally)) + '\n')


def summary(stack: description.Description) -> Iterator[str]:
    """Yield a line for each that was asked."""
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
