# SPDX-License-Identifier: Apache-2.0

"""Tests of histograms."""

from collections import Counter
import random

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import histogram


def _corrected(measured: Counter[int], interval: int) -> Counter[int]:
    """Return what wrk reports for the times that it measured."""
    reported = Counter(measured)
    for value, count in measured.items():
        if value >= 2 * interval:
            for added in range(value - interval, interval, -interval):
                reported[added] += count
    return reported


class HistogramTestCase(base.TestCase):

    def test_merge_adds_counts(self) -> None:
        self.assertEqual(
            {1: 3, 2: 1, 5: 4},
            histogram.merge([{1: 1, 2: 1}, {1: 2}, {5: 4}]))

    def test_merge_of_nothing(self) -> None:
        self.assertEqual({}, histogram.merge([]))

    def test_percentiles_are_milliseconds(self) -> None:
        times = {1000 * value: 1 for value in range(1, 101)}
        self.assertEqual(50, histogram.percentile(times, 50))
        self.assertEqual(99, histogram.percentile(times, 99))
        self.assertEqual(100, histogram.percentile(times, 100))

    def test_percentile_of_one(self) -> None:
        self.assertEqual(1.5, histogram.percentile({1500: 1}, 50))

    def test_percentile_counts_each_time(self) -> None:
        self.assertEqual(2, histogram.percentile({1000: 1, 2000: 99}, 50))

    def test_percentile_of_nothing(self) -> None:
        self.assertIsNone(histogram.percentile({}, 50))


class WithoutCorrectionTestCase(base.TestCase):

    def test_removes_what_wrk_added(self) -> None:
        chance = random.Random(1)
        measured = Counter(
            chance.choice((3, 1000, chance.randrange(5000)))
            for _ in range(200))
        # Each of 4 connections sends 50 requests in 50,000 microseconds.
        reported = _corrected(measured, 1000)
        self.assertNotEqual(measured, reported)
        self.assertEqual(measured, histogram.without_correction(
            reported, 200, 50_000, 4))

    def test_long_measured_times_stay(self) -> None:
        measured = Counter({1000: 8, 2500: 1, 4500: 1})
        self.assertEqual(measured, histogram.without_correction(
            _corrected(measured, 1000), 10, 10_000, 1))

    def test_wrk_adds_nothing_for_fewer_requests_than_connections(
        self,
    ) -> None:
        self.assertEqual(
            {9000: 2}, histogram.without_correction({9000: 2}, 2, 9000, 4))
