# SPDX-License-Identifier: Apache-2.0

"""Histograms of times: how often each time was taken, by microseconds."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections import Counter

Histogram = Mapping[int, int]


def merge(histograms: Iterable[Histogram]) -> Counter[int]:
    """Return the histogram of all the times of several."""
    merged: Counter[int] = Counter()
    for histogram in histograms:
        merged.update(histogram)
    return merged


def percentile(histogram: Histogram, percent: float) -> float | None:
    """Return the milliseconds within which so many percent were answered.

    :returns: None for a histogram without any time
    """
    rank = sum(histogram.values()) * percent / 100
    seen = 0
    for value, count in sorted(histogram.items()):
        seen += count
        if seen >= rank:
            return value / 1000
    return None


def without_correction(
    histogram: Histogram, requests: int, duration: int, connections: int,
) -> Counter[int]:
    """Return the times that wrk has measured, of those that it reports.

    wrk 4 adds times to what it has measured, for requests that a client with
    a steady pace would have sent while it waited ("coordinated omission"):
    for each time t, also t - i, t - 2i, ..., where i is a connection's mean
    time between two requests (``stats_correct`` in its stats.c). Here they
    are taken out again, the longest time first, as nothing was added to that.

    :param requests: how many were answered, in the whole run
    :param duration: of the run, in microseconds
    """
    if sum(histogram.values()) == requests:
        return Counter(histogram)
    interval = duration // (requests // connections)
    measured = Counter(histogram)
    for value in sorted(histogram, reverse=True):
        count = measured[value]
        if count <= 0 or value < 2 * interval:
            continue
        for added in range(value - interval, interval, -interval):
            measured[added] -= count
    return +measured
