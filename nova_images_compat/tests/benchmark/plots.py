# SPDX-License-Identifier: Apache-2.0

"""Draws the results."""

from collections.abc import Mapping
from collections.abc import Sequence
import pathlib
from typing import Any

from matplotlib import axes
from matplotlib import figure

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import tables

_COLOURS = {'glance': '#7f7f7f', 'nova': '#d95f02', 'service': '#1b9e77'}
_DOTS = 120


def draw_services(results: Mapping[str, Any], path: pathlib.Path) -> None:
    """Draw throughput and CPU time of the three servers, by request."""
    measured = {cell['connections'] for cell in results['cells']}
    connections = (
        settings.BUDGET_CONNECTIONS
        if settings.BUDGET_CONNECTIONS in measured else min(measured))
    cells = {
        (cell['request'], cell['target']): cell for cell in results['cells']
        if cell['connections'] == connections and cell['valid']}
    requests = list(dict.fromkeys(request for request, _ in cells))
    picture = figure.Figure(figsize=(9, 7), layout='constrained')
    above, below = picture.subplots(2, 1)
    above.axhline(1, color='black', linewidth=0.5)
    _draw_bars(above, requests, {
        target: [_relative_rate(cells, request, target)
                 for request in requests] for target in _COLOURS})
    above.set_ylabel("requests a second, of Glance's")
    above.set_title(f'{connections} connections')
    _draw_bars(below, requests, {
        target: [_value(cells, request, target, 'cpu_ms')
                 for request in requests] for target in _COLOURS})
    below.set_yscale('log')
    below.set_ylabel("ms of the server's own CPU a request")
    picture.legend(
        *above.get_legend_handles_labels(), loc='outside upper right',
        ncols=len(_COLOURS))
    picture.savefig(path, dpi=_DOTS)


def draw_catalogue(results: Mapping[str, Any], path: pathlib.Path) -> None:
    """Draw CPU time by the catalogue's size, in one panel per database."""
    cells = [cell for cell in results['cells'] if cell['valid']]
    databases = list(dict.fromkeys(cell['database'] for cell in cells))
    picture = figure.Figure(figsize=(9, 5), layout='constrained')
    panels = picture.subplots(
        1, max(1, len(databases)), sharey=True, squeeze=False)
    for panel, database in zip(panels[0], databases):
        lines: dict[str, list[tuple[int, float]]] = {}
        for cell in cells:
            if cell['database'] == database:
                lines.setdefault(cell['request'], []).append(
                    (cell['images'], cell['total_cpu_ms']))
        for request, points in lines.items():
            panel.plot(*zip(*points), marker='o', label=request)
        panel.set_xscale('log')
        panel.set_xlabel('images')
        panel.set_title(database)
    panels[0][0].set_ylabel("ms of CPU a request, with the database's")
    panels[0][0].set_ylim(bottom=0)
    picture.legend(
        *panels[0][0].get_legend_handles_labels(), loc='outside right upper')
    picture.savefig(path, dpi=_DOTS)


def _draw_bars(
    panel: axes.Axes, requests: Sequence[str],
    heights: Mapping[str, Sequence[float]],
) -> None:
    width = 0.8 / len(heights)
    for place, (target, values) in enumerate(heights.items()):
        panel.bar(
            [x + (place - 1) * width for x in range(len(requests))], values,
            width, label=tables.TARGETS[target], color=_COLOURS[target])
    panel.set_xticks(
        range(len(requests)),
        [calls.TITLES[request].replace(', ', ',\n').replace(' ', '\n')
         for request in requests])


def _relative_rate(
    cells: Mapping[tuple[str, str], Mapping[str, Any]], request: str,
    target: str,
) -> float:
    below = _value(cells, request, 'glance', 'rate')
    return _value(cells, request, target, 'rate') / below


def _value(
    cells: Mapping[tuple[str, str], Mapping[str, Any]], request: str,
    target: str, name: str,
) -> float:
    """Return a cell's value. If the cell is invalid, return "not a number",
    which matplotlib does not draw.
    """
    cell = cells.get((request, target))
    return cell[name] if cell else float('nan')
