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

NOTHING = '-'
INVALID = 'INVALID'

TARGETS = {'glance': 'Glance', 'nova': 'Nova', 'service': 'ours'}


def render(
    results: Mapping[str, Any], verdicts: Sequence[budgets.Verdict],
) -> str:
    """Return everything as text."""
    parts = [_head(results)]
    if 'services' in results:
        parts.append(_services(results['services']))
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
    for limit, digits in ((10, 2), (100, 1)):
        if abs(value) < limit:
            return f'{value:.{digits}f}'
    return f'{value:,.0f}'


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
    cells = {
        (cell['request'], cell['connections'], cell['target']): cell
        for cell in results['cells']}
    rows = []
    for (request, connections, target), cell in cells.items():
        if not cell['valid']:
            rows.append([
                calls.TITLES[request], connections, TARGETS[target],
                f'{INVALID}: {cell["errors"]} of {cell["requests"]}',
                *[NOTHING] * 8])
            continue
        compared = [
            budgets.ratio(
                cell, cells.get((request, connections, other)), 'rate')
            if target == 'service' else None for other in ('glance', 'nova')]
        rows.append([
            calls.TITLES[request], connections, TARGETS[target],
            *map(number, (
                cell['rate'], cell['p50_ms'], cell['p95_ms'],
                cell['p99_ms'], cell['cpu_ms'],
                None if target == 'glance' else cell['calls'],
                None if target == 'glance' else cell['behind_cpu_ms'],
                *compared))])
    title = (
        f'The real services: {results["images"]:,} images of '
        f'{results["properties"]} properties')
    memory = _table(
        ['worker of', 'RSS MiB', 'PSS MiB'],
        [[TARGETS[target], number(held['rss_mib']), number(held['pss_mib'])]
         for target, held in results['memory'].items()])
    return '\n'.join((title, _table(
        ['request', 'connections', 'server', 'req/s', 'p50 ms', 'p95 ms',
         'p99 ms', 'CPU ms', 'Glance calls', "Glance's CPU ms",
         'req/s of Glance', 'req/s of Nova'], rows), memory))


def _catalogue(results: Mapping[str, Any]) -> str:
    rows = []
    for cell in results['cells']:
        first = [cell['database'], cell['request'], f'{cell["images"]:,}']
        if not cell['valid']:
            rows.append([
                *first, f'{INVALID}: {cell["errors"]} of {cell["requests"]}',
                *[NOTHING] * 6])
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
        measured = NOTHING if one.measured is None else f'{one.measured:.3g}'
        if one.measured is not None and one.measured >= 1000:
            measured = number(one.measured)
        yield [one.budget, f'{one.kind} {one.limit:g}', measured,
               verdict(one.met)]


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    table = prettytable.PrettyTable(names, align='r')
    table.align[names[0]] = 'l'
    for row in rows:
        table.add_row(list(row))
    return table.get_string()
