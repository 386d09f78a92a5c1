# SPDX-License-Identifier: Apache-2.0

"""Histograms of response times: numbers of responses by microseconds."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections import Counter

Histogram = Mapping[int, int]


def merge(histograms: Iterable[Histogram]) -> Counter[int]:
    """Return the sum of several histograms."""
    merged: Counter[int] = Counter()
    for histogram in histograms:
        merged.update(histogram)
    return merged


def percentile(histogram: Histogram, percent: float) -> float | None:
    """Return a percentile of the times, in milliseconds.

    :returns: None if the histogram is empty
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
    """Return the times that wrk measured, without those that it added.

    wrk 4 adds times for requests that a client with a constant rate would
    have sent while it waited ("coordinated omission"): for each time t, also
    t - i, t - 2i, ..., where i is a connection's mean time between two
    requests (``stats_correct`` in its stats.c). This function removes them,
    beginning with the longest time, to which nothing was added.

    :param histogram: the times that wrk reports
    :param requests: number of requests that were answered in the run
    :param duration: of the run, in microseconds
    :param connections: number of wrk's connections
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
