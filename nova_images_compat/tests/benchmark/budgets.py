# SPDX-License-Identifier: Apache-2.0

"""The budgets, and whether the results meet them."""

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
from typing import Any

from nova_images_compat.tests.benchmark import ratios
from nova_images_compat.tests.benchmark import settings

SHOW_CPU_OF_GLANCE = 0.25
SHOW_CPU_OF_NOVA = 0.15
DETAIL_CPU_OF_GLANCE = 0.03
FILTER_MS = 0.03
ALL_TIME_OF_GLANCE = 1.10
WRITE_TIME_OF_NOVA = 0.30
WRITE_CALLS = 2.0
CALLS = 1.0
POLLED_RATE_OF_GLANCE = {'detail': 10.0, 'show': 3.0}
MEMORY_MIB = 90.0
START_SECONDS = 2.0
CATALOGUE_SHOW_RATE = 1000.0
CATALOGUE_DETAIL_RATE = 100.0
CATALOGUE_GROWTH = 1.5

# The share of calls that may be too many: for a schema that was fetched again,
# or for a request that was counted in the next slice.
CALLS_TOLERANCE = 0.01

Cells = dict[tuple[str, str], ratios.Cell]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A budget and the result.

    :ivar budget: its name
    :ivar measured: the result; a ratio also has its scatter; None: not
        measured
    :ivar kind: how the result must relate to the limit: "<=", ">=" or "="
    :ivar limit: in the unit of the result
    :ivar tolerance: the largest deviation that still meets the limit
    """

    budget: str
    measured: ratios.Ratio | float | None
    kind: str
    limit: float
    tolerance: float = 0.0

    @property
    def met(self) -> bool | None:
        """Whether the budget is met by all slices together; None: it was not
        measured.
        """
        measured = self.measured
        if isinstance(measured, ratios.Ratio):
            measured = measured.value
        if measured is None:
            return None
        enough = measured >= self.limit - self.tolerance
        not_too_much = measured <= self.limit + self.tolerance
        return {'<=': not_too_much, '>=': enough,
                '=': enough and not_too_much}[self.kind]


def judge(results: Mapping[str, Any]) -> list[Verdict]:
    """Return the verdicts on the parts that were measured."""
    verdicts: list[Verdict] = []
    if 'services' in results:
        verdicts += _services(results['services'])
    if 'polling' in results:
        verdicts += _polled(
            results['polling'], results['polling']['pollers'],
            f'{results["polling"]["pollers"]} pollers and a writer')
    if 'filter' in results:
        verdicts += [
            Verdict(f'filter: added ms, {name}', added, '<=', FILTER_MS)
            for name, added in results['filter']['added_ms'].items()]
    if 'startup' in results:
        verdicts += [
            Verdict('start-up: seconds to the first answer',
                    results['startup']['seconds'], '<=', START_SECONDS),
            Verdict('start-up: MiB of a fresh worker',
                    results['startup']['rss_mib'], '<=', MEMORY_MIB)]
    if 'catalogue' in results:
        verdicts += _catalogue(results['catalogue'])
    return verdicts


def _services(results: Mapping[str, Any]) -> Iterator[Verdict]:
    cells = _at(results, settings.BUDGET_CONNECTIONS)
    for request, other, title, limit in (
            ('show', 'glance', 'Glance', SHOW_CPU_OF_GLANCE),
            ('show', 'nova', 'Nova', SHOW_CPU_OF_NOVA),
            ('detail', 'glance', 'Glance', DETAIL_CPU_OF_GLANCE)):
        yield Verdict(
            f"{request}: CPU, of {title}'s",
            ratios.compare(cells.get((request, 'service')),
                           cells.get((request, other)), 'cpu_ms'),
            '<=', limit)
    fewest = _at(results, min(
        (cell['connections'] for cell in results['cells']), default=0))
    yield Verdict(
        "all in one request: time, of Glance's",
        ratios.compare(fewest.get(('all', 'service')),
                       fewest.get(('all', 'glance')), 'p50_ms'),
        '<=', ALL_TIME_OF_GLANCE)
    for request in ('show', 'index', 'detail', 'delete'):
        yield Verdict(
            f'{request}: calls to Glance',
            ratios.value(cells.get((request, 'service')), 'calls'), '=',
            CALLS, CALLS_TOLERANCE)
    write = cells.get(('metadata-write', 'service'))
    yield Verdict(
        'metadata write: calls to Glance', ratios.value(write, 'calls'),
        '<=', WRITE_CALLS, CALLS_TOLERANCE)
    yield Verdict(
        "metadata write: time, of Nova's",
        ratios.compare(
            write, cells.get(('metadata-write', 'nova')), 'p50_ms'),
        '<=', WRITE_TIME_OF_NOVA)
    yield from _polled(results, settings.BUDGET_CONNECTIONS, 'cached')
    yield Verdict(
        'memory: MiB of a worker', results['memory']['service']['rss_mib'],
        '<=', MEMORY_MIB)


def _polled(
    results: Mapping[str, Any], connections: int, title: str,
) -> Iterator[Verdict]:
    cells = _at(results, connections)
    for request, limit in POLLED_RATE_OF_GLANCE.items():
        yield Verdict(
            f"{title}: {request}, requests a second, of Glance's",
            ratios.compare(cells.get((request, 'cached')),
                           cells.get((request, 'glance')), 'rate'),
            '>=', limit)


def _catalogue(results: Mapping[str, Any]) -> Iterator[Verdict]:
    cells = {
        (cell['database'], cell['request'], cell['images']): cell
        for cell in results['cells']}
    databases = dict.fromkeys(cell['database'] for cell in results['cells'])
    sizes = sorted({cell['images'] for cell in results['cells']})
    for database in databases:
        for request, limit in (
                ('show', CATALOGUE_SHOW_RATE),
                ('first page', CATALOGUE_DETAIL_RATE)):
            yield Verdict(
                f'catalogue, {database}: {request}, requests a second and '
                f'core, {sizes[-1]:,} images',
                ratios.value(
                    cells[database, request, sizes[-1]], 'core_rate'),
                '>=', limit)
        for request in ('first page', 'last page'):
            yield Verdict(
                f'catalogue, {database}: {request}, ms of CPU at '
                f'{sizes[-1]:,} of that at {sizes[0]:,}',
                _grown(cells[database, request, sizes[-1]],
                       cells[database, request, sizes[0]]),
                '<=', CATALOGUE_GROWTH)


def _grown(large: ratios.Cell, small: ratios.Cell) -> float | None:
    above, below = (
        ratios.value(cell, 'total_cpu_ms') for cell in (large, small))
    return None if above is None or not below else above / below


def _at(results: Mapping[str, Any], connections: int) -> Cells:
    return {
        (cell['request'], cell['target']): cell for cell in results['cells']
        if cell['connections'] == connections}
