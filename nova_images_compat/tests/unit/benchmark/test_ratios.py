# SPDX-License-Identifier: Apache-2.0

"""Tests of comparing two servers."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import ratios


def _cell(whole: float | None, *slices: float | None) -> dict[str, Any]:
    return {'valid': True, 'rate': whole,
            'slices': [{'rate': one} for one in slices]}


class CompareTestCase(base.TestCase):

    def test_slices_are_compared_in_pairs(self) -> None:
        self.assertEqual(
            ratios.Ratio(0.5, 0.25, 0.75),
            ratios.compare(
                _cell(50.0, 25.0, 60.0, 30.0),
                _cell(100.0, 100.0, 80.0, 60.0), 'rate'))

    def test_slice_without_a_value_does_not_count(self) -> None:
        self.assertEqual(
            ratios.Ratio(0.5, 0.5, 0.5),
            ratios.compare(
                _cell(50.0, None, 40.0, 40.0),
                _cell(100.0, 80.0, 80.0, 0.0), 'rate'))

    def test_without_slices(self) -> None:
        self.assertEqual(
            ratios.Ratio(0.5, 0.5, 0.5),
            ratios.compare(_cell(50.0), _cell(100.0), 'rate'))

    def test_nothing_to_compare(self) -> None:
        good = _cell(1.0, 1.0)
        invalid = {**good, 'valid': False}
        for name, cell, other in (
                ('no cell', None, good), ('no other', good, None),
                ('invalid cell', invalid, good),
                ('invalid other', good, invalid),
                ('no value', _cell(None), good),
                ('no other value', good, _cell(None)),
                ('other is zero', good, _cell(0.0))):
            with self.case(name):
                self.assertIsNone(ratios.compare(cell, other, 'rate'))


class RatioTestCase(base.TestCase):

    def test_scatters_by_more_than_15_percent(self) -> None:
        for low, high, scatters in (
                (2.0, 2.0, False), (1.9, 2.1, False), (1.85, 2.1, False),
                (1.8, 2.11, True), (1.0, 2.0, True)):
            with self.case(low, high):
                self.assertIs(
                    scatters, ratios.Ratio(2.0, low, high).scatters)
