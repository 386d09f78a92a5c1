# SPDX-License-Identifier: Apache-2.0

"""Draws the results."""

from collections.abc import Mapping
from collections.abc import Sequence
import math
import pathlib
from typing import Any

from matplotlib import axes
from matplotlib import figure
from matplotlib import ticker

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import ratios
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import tables

_COLOURS = {'glance': '#7f7f7f', 'nova': '#d95f02', 'service': '#1b9e77',
            'cached': '#7570b3'}
# The labels of a logarithmic axis, in each power of ten.
_LABELLED = (1.0, 2.0, 5.0)
_DOTS = 120


def draw_services(results: Mapping[str, Any], path: pathlib.Path) -> None:
    """Draw CPU time and throughput of the servers in comparison with Glance,
    by request. Thin lines show how far the slices scatter.
    """
    measured = {cell['connections'] for cell in results['cells']}
    connections = (
        settings.BUDGET_CONNECTIONS
        if settings.BUDGET_CONNECTIONS in measured else min(measured))
    cells = {
        (cell['request'], cell['target']): cell for cell in results['cells']
        if cell['connections'] == connections}
    requests = list(dict.fromkeys(request for request, _ in cells))
    picture = figure.Figure(figsize=(9, 8), layout='constrained')
    above, below = picture.subplots(2, 1)
    for panel, name in ((above, 'cpu_ms'), (below, 'rate')):
        _draw_bars(panel, requests, {
            target: [
                ratios.compare(
                    cells.get((request, target)),
                    cells.get((request, 'glance')), name)
                for request in requests] for target in _COLOURS})
        panel.set_yscale('log')
        panel.yaxis.set_major_locator(ticker.LogLocator(subs=_LABELLED))
        panel.yaxis.set_major_formatter('{x:g}')
        panel.yaxis.set_minor_locator(ticker.NullLocator())
        panel.axhline(1, color='black', linewidth=0.5)
    above.set_ylabel("the server's own CPU a request, of Glance's")
    above.set_title(f'{connections} connections')
    below.set_ylabel("requests a second, of Glance's")
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
    compared: Mapping[str, Sequence[ratios.Ratio | None]],
) -> None:
    width = 0.8 / len(compared)
    first = (1 - len(compared)) / 2
    for place, (target, found) in enumerate(compared.items()):
        # Matplotlib does not draw what is not a number.
        heights = [one.value if one else math.nan for one in found]
        panel.bar(
            [x + (first + place) * width for x in range(len(requests))],
            heights, width, label=tables.TARGETS[target],
            color=_COLOURS[target], error_kw={'elinewidth': 0.7},
            yerr=[[max(0.0, one.value - one.low) if one else math.nan
                   for one in found],
                  [max(0.0, one.high - one.value) if one else math.nan
                   for one in found]])
    panel.set_xticks(
        range(len(requests)),
        [calls.TITLES[request].replace(', ', ',\n').replace(' ', '\n')
         for request in requests])
