# SPDX-License-Identifier: Apache-2.0

"""The chart of the calls a day, stacked by client, as SVG.

The colours are those of the page's style sheet, which finds the parts of the
chart by their ids, so that the chart is readable in light and dark.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import datetime
import io
from typing import Any

import matplotlib
from matplotlib import figure
from matplotlib import ticker

# The most clients that have a colour of their own.
MOST_CLIENTS = 7
OTHERS = 'other clients'

# The most days that the axis names.
MOST_DATES = 8

# Inches at 72 dots each, which is how SVG counts.
SIZE = (10, 3.4)

# The text stays text, and equal counts make equal files.
SETTINGS: Any = {
    'svg.fonttype': 'none', 'svg.hashsalt': 'nova-images-compat',
    'font.family': 'sans-serif', 'font.size': 11}
# Matplotlib would write its version, its URL and the time of day.
METADATA = dict.fromkeys(('Creator', 'Date', 'Format', 'Type'))


def series(
    calls: Sequence[tuple[datetime.date, str, int]], first: datetime.date,
    last: datetime.date,
) -> dict[str, list[int]]:
    """Return the calls of each client on each day, the most calls first.

    :param calls: the calls of a day and client
    :param first: the first day
    :param last: the last day
    """
    totals: dict[str, int] = {}
    for _, client, number in calls:
        totals[client] = totals.get(client, 0) + number
    names = sorted(totals, key=lambda name: (-totals[name], name))
    if len(names) > MOST_CLIENTS:
        names = [*names[:MOST_CLIENTS], OTHERS]
    found = {name: [0] * ((last - first).days + 1) for name in names}
    for day, client, number in calls:
        name = client if client in found else OTHERS
        found[name][(day - first).days] += number
    return found


def draw(of_clients: Mapping[str, Sequence[int]], first: datetime.date) -> str:
    """Return the chart as an SVG element, without the "<svg" of its start, so
    that the caller can add attributes.

    The areas have the ids "client-0", "client-1" and so on.

    :param of_clients: the calls of each client on each day
    :param first: the first day
    """
    days = max(map(len, of_clients.values()))
    edges = range(days + 1)
    named = range(0, days, -(-days // MOST_DATES))
    with matplotlib.rc_context(SETTINGS):
        drawing = figure.Figure(SIZE, dpi=72, layout='constrained')
        axes = drawing.add_subplot()
        drawing.patch.set_visible(False)
        axes.patch.set_visible(False)
        below = [0] * days
        for number, calls in enumerate(of_clients.values()):
            above = [low + more for low, more in zip(below, calls)]
            axes.stairs(above, edges, baseline=below, fill=True,
                        gid=f'client-{number}')
            below = above
        axes.set_xlim(0, days)
        axes.set_ylim(0, max(*below, 1) * 1.05)
        axes.set_xticks(
            [number + 0.5 for number in named],
            [str(first + datetime.timedelta(number)) for number in named])
        axes.yaxis.set_major_locator(ticker.MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(ticker.StrMethodFormatter('{x:,.0f}'))
        axes.yaxis.grid(True, gid='grid')
        axes.set_axisbelow(True)
        axes.spines[['top', 'right', 'left']].set_visible(False)
        axes.tick_params(length=0, pad=7)
        text = io.StringIO()
        drawing.savefig(text, format='svg', metadata=METADATA)
    return text.getvalue().partition('<svg')[2]
