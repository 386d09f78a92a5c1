# SPDX-License-Identifier: Apache-2.0

"""Renders the results as text tables."""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import prettytable

from nova_images_compat.tests.benchmark import budgets
from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import ratios

NOTHING = '-'
INVALID = 'INVALID'

TARGETS = {'glance': 'Glance', 'nova': 'Nova', 'service': 'ours',
           'cached': 'ours, cached'}

# The servers that each server is compared with.
_COMPARED = {'glance': (), 'nova': ('glance',),
             'service': ('glance', 'nova'), 'cached': ('glance', 'nova')}

# Values of a cell, and the titles of their columns.
_TIMES = {
    'cpu_ms': 'CPU ms', 'rate': 'req/s', 'p50_ms': 'p50 ms',
    'p95_ms': 'p95 ms', 'p99_ms': 'p99 ms'}
_BEHIND = {'calls': 'Glance calls', 'behind_cpu_ms': "Glance's CPU ms"}
_WRITES = {'writes': 'writes', 'write_ms': 'write ms'}


def render(
    results: Mapping[str, Any], verdicts: Sequence[budgets.Verdict],
) -> str:
    """Return everything as text."""
    parts = [_head(results)]
    if 'services' in results:
        parts.append(_services(results['services']))
    if 'polling' in results:
        parts.append(_polling(results['polling']))
    if 'catalogue' in results:
        parts.append(_catalogue(results['catalogue']))
    if 'filter' in results:
        parts.append(_filter(results['filter']))
    if 'startup' in results:
        parts.append(_startup(results['startup']))
    parts.append(_budgets(verdicts))
    return '\n\n'.join(parts) + '\n'


def number(value: float | None) -> str:
    """Return a number with three significant digits, or as an integer."""
    if value is None:
        return NOTHING
    if isinstance(value, int):
        return f'{value:,}'
    for limit, digits in ((10, 2), (100, 1)):
        if abs(value) < limit:
            return f'{value:.{digits}f}'
    return f'{value:,.0f}'


def ratio(found: ratios.Ratio | None) -> str:
    """Return a ratio, and the lowest and the highest one if it scatters."""
    if found is None:
        return NOTHING
    if not found.scatters:
        return _share(found.value)
    return (f'{_share(found.value)} '
            f'({_share(found.low)}-{_share(found.high)})')


def verdict(met: bool | None) -> str:
    """Return the word for a verdict; None: not measured."""
    return {True: 'met', False: 'MISSED', None: 'not measured'}[met]


def _head(results: Mapping[str, Any]) -> str:
    machine = results['machine']
    versions = ', '.join(
        f'{name} {version}' for name, version in results['versions'].items())
    return (
        f'{results["date"]}\n'
        f'{machine["cpu"]}, {machine["cores"]} cores, '
        f'{machine["memory_gib"]} GiB; Python {machine["python"]}, '
        f'{machine["system"]}\n'
        f'{versions}')


def _services(results: Mapping[str, Any]) -> str:
    title = (
        f'The real services: {results["images"]:,} images of '
        f'{results["properties"]} properties; "cached" reads '
        f'{results["polled_images"]} of them, at most '
        f'{results["cache_seconds"]} seconds old')
    memory = _table(
        ['worker of', 'RSS MiB', 'PSS MiB'],
        [[TARGETS[target], number(held['rss_mib']), number(held['pss_mib'])]
         for target, held in results['memory'].items()])
    return '\n'.join((
        title, _compared(results['cells'], ('glance', 'nova')), memory))


def _polling(results: Mapping[str, Any]) -> str:
    title = (
        f'{results["pollers"]} clients read the same, and one changes it once '
        'a second')
    return f'{title}\n' + _compared(results['cells'], ('glance',), _WRITES)


def _compared(
    cells: Iterable[ratios.Cell], others: Sequence[str],
    more: Mapping[str, str] | None = None,
) -> str:
    """Return a table of servers that are compared with others.

    :param more: further values, and the titles of their columns
    """
    more = more or {}
    named = {(cell['request'], cell['connections'], cell['target']): cell
             for cell in cells}
    compared = [
        (title, name, other)
        for title, name in (('CPU', 'cpu_ms'), ('req/s', 'rate'))
        for other in others]
    values = {**_TIMES, **_BEHIND, **more}
    rows = []
    for (request, connections, target), cell in named.items():
        row = [calls.TITLES[request], connections, TARGETS[target]]
        if cell['valid']:
            row += [
                ratio(ratios.compare(
                    cell, named.get((request, connections, other)), name)
                    if other in _COMPARED[target] else None)
                for _, name, other in compared]
            row += [
                NOTHING if target == 'glance' and name in _BEHIND
                else number(cell[name]) for name in values]
        else:
            row += [_invalid(cell)] + [NOTHING] * (
                len(compared) + len(values) - 1)
        rows.append(row)
    return _table(
        ['request', 'connections', 'server',
         *(f'{title} of {TARGETS[other]}' for title, _, other in compared),
         *values.values()], rows)


def _catalogue(results: Mapping[str, Any]) -> str:
    rows = []
    for cell in results['cells']:
        first = [cell['database'], cell['request'], f'{cell["images"]:,}']
        if not cell['valid']:
            rows.append([
                *first, _invalid(cell), *[NOTHING] * 6])
            continue
        rows.append([*first, *(number(cell[name]) for name in (
            'rate', 'p50_ms', 'p95_ms', 'p99_ms', 'cpu_ms',
            'database_cpu_ms', 'core_rate'))])
    title = (
        'The embedded catalogue: images of '
        f'{results["properties"]} properties, pages of 100')
    return '\n'.join((title, _table(
        ['database', 'request', 'images', 'req/s', 'p50 ms', 'p95 ms',
         'p99 ms', 'CPU ms', "database's CPU ms", 'req/s a core'], rows)))


def _filter(results: Mapping[str, Any]) -> str:
    return "The filter in Nova's pipeline, for requests not its own\n" + (
        _table(['request', 'added ms'], [
            [name, f'{added:.4f}']
            for name, added in results['added_ms'].items()]))


def _startup(results: Mapping[str, Any]) -> str:
    slowest = _table(['module', 'own ms', 'with its imports ms'], [
        [module['name'], number(module['own_ms']),
         number(module['with_imports_ms'])]
        for module in results['modules']])
    return (
        f'Start-up: {results["seconds"]:.2f} s to the first answer; '
        f'{results["import_ms"]:.0f} ms of imports; a fresh worker holds '
        f'{results["rss_mib"]:.0f} MiB (PSS {results["pss_mib"]:.0f})\n'
        f'{slowest}')


def _budgets(verdicts: Iterable[budgets.Verdict]) -> str:
    return 'Budgets\n' + _table(
        ['budget', 'limit', 'measured', ''], list(_judged(verdicts)))


def _judged(
    verdicts: Iterable[budgets.Verdict],
) -> Iterator[list[str]]:
    for one in verdicts:
        yield [one.budget, f'{one.kind} {one.limit:g}',
               _measured(one.measured), verdict(one.met)]


def _measured(measured: ratios.Ratio | float | None) -> str:
    if isinstance(measured, ratios.Ratio):
        return ratio(measured)
    if measured is None or measured >= 1000:
        return number(measured)
    return f'{measured:.3g}'


def _invalid(cell: ratios.Cell) -> str:
    return f'{INVALID}: {cell["errors"]} of {cell["requests"]}'


def _share(value: float) -> str:
    return f'{value:.3f}' if abs(value) < 0.1 else number(value)


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    table = prettytable.PrettyTable(names, align='r')
    table.align[names[0]] = 'l'
    for row in rows:
        table.add_row(list(row))
    return table.get_string()
