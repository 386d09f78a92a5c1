# SPDX-License-Identifier: Apache-2.0

"""Tests of combining slices."""

from collections import Counter

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import cells
from nova_images_compat.tests.benchmark import wrk


def _slice(
    requests: int, seconds: float, errors: int = 0, served: int | None = None,
) -> cells.Slice:
    return cells.Slice(
        wrk.Run(requests, seconds, errors, +Counter({2000: requests})),
        requests if served is None else served, 0.5, 30, 0.2)


class SummarizeTestCase(base.TestCase):

    def test_slices_are_summed(self) -> None:
        found = cells.summarize([_slice(100, 1.0), _slice(200, 2.0)])
        self.assertEqual(300, found['requests'])
        self.assertEqual(100, found['rate'])
        self.assertEqual(2, found['p99_ms'])
        self.assertTrue(found['valid'])

    def test_time_and_calls_are_per_served_request(self) -> None:
        found = cells.summarize([
            _slice(9, 1.0, served=10), _slice(10, 1.0, served=10)])
        self.assertEqual(50, found['cpu_ms'])
        self.assertEqual(3, found['calls'])
        self.assertEqual(20, found['behind_cpu_ms'])

    def test_one_error_makes_the_cell_invalid(self) -> None:
        found = cells.summarize([_slice(9, 1.0), _slice(9, 1.0, errors=1)])
        self.assertFalse(found['valid'])
        self.assertEqual(1, found['errors'])

    def test_no_response_makes_the_cell_invalid(self) -> None:
        found = cells.summarize([_slice(0, 0.0)])
        self.assertFalse(found['valid'])
        self.assertIsNone(found['cpu_ms'])
        self.assertIsNone(found['p50_ms'])

    def test_slices_are_kept_for_comparison(self) -> None:
        found = cells.summarize([_slice(100, 1.0), _slice(100, 2.0)])
        self.assertEqual(
            [{'rate': 100.0, 'p50_ms': 2.0, 'cpu_ms': 5.0},
             {'rate': 50.0, 'p50_ms': 2.0, 'cpu_ms': 5.0}], found['slices'])
