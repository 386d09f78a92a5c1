# SPDX-License-Identifier: Apache-2.0

"""Tests of the chart."""

import datetime
import re
from xml.etree import ElementTree

import matplotlib

from nova_images_compat.tests import base
from nova_images_compat.usage import chart

FIRST = datetime.date(2026, 1, 30)


def day(number: int) -> datetime.date:
    return FIRST + datetime.timedelta(days=number)


class SeriesTest(base.TestCase):

    def test_days_without_calls_have_none(self) -> None:
        self.assertEqual(
            {'b': [0, 9, 0, 0], 'a': [1, 0, 2, 0]},
            chart.series([(FIRST, 'a', 1), (day(1), 'b', 9),
                          (day(2), 'a', 2)], FIRST, day(3)))

    def test_clients_with_few_calls_are_one(self) -> None:
        calls = [(day(number % 2), chr(97 + number), 100 - number)
                 for number in range(10)]
        found = chart.series(calls, FIRST, day(1))
        self.assertEqual([*'abcdefg', chart.OTHERS], list(found))
        self.assertEqual([92, 93 + 91], found[chart.OTHERS])


class DrawTest(base.TestCase):

    def _draw(self, *series: list[int]) -> str:
        return '<svg' + chart.draw(
            {f'<{number}>': calls for number, calls in enumerate(series)},
            FIRST)

    def test_areas_have_ids(self) -> None:
        drawn = ElementTree.fromstring(self._draw([1, 2], [0, 3], [0, 0]))
        ids = {element.get('id') for element in drawn.iter()}
        for number in range(3):
            with self.case(number):
                self.assertIn(f'client-{number}', ids)

    def test_days_are_text(self) -> None:
        for days, named in ((1, 1), (2, 2), (8, 8), (9, 5), (400, 8)):
            with self.case(days):
                texts = re.findall(
                    r'>(\d{4}-\d\d-\d\d)</text>', self._draw([1] * days))
                self.assertEqual(named, len(texts))
                self.assertEqual('2026-01-30', texts[0])

    def test_nothing_is_fetched_or_told(self) -> None:
        drawn = self._draw([1, 2])
        self.assertEqual(
            {'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink'},
            set(re.findall(r'https?://[^"]+', drawn)))
        for text in ('atplotlib v', 'metadata', 'DOCTYPE'):
            with self.case(text):
                self.assertNotIn(text, drawn)

    def test_settings_stay_those_of_the_process(self) -> None:
        before = matplotlib.rcParams.copy()
        first = self._draw([3, 4], [1, 0])
        self.assertEqual(before, matplotlib.rcParams.copy())
        self.assertEqual(first, self._draw([3, 4], [1, 0]))
