# SPDX-License-Identifier: Apache-2.0

"""Tests of rendering results."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import budgets
from nova_images_compat.tests.benchmark import tables

HEAD = {
    'date': '2026-11-23 17:00 UTC',
    'machine': {'cpu': 'Some CPU', 'cores': 2, 'memory_gib': 8.0,
                'python': '3.11.7', 'system': 'Linux 6'},
    'versions': {'glance': '33.0.0', 'nova': '34.0.0'},
}


def _cell(target: str, **values: Any) -> dict[str, Any]:
    return {'request': 'show', 'connections': 4, 'target': target,
            'requests': 10, 'errors': 0, 'valid': True, 'rate': 100.0,
            'p50_ms': 1.5, 'p95_ms': 15.25, 'p99_ms': 1500.0, 'cpu_ms': 2.0,
            'calls': 1.0, 'behind_cpu_ms': 4.0, **values}


def _line(text: str, *words: str) -> list[str]:
    """Return the other columns of the row that begins with words."""
    for line in text.splitlines():
        columns = [column.strip() for column in line.split('|')[1:-1]]
        if tuple(columns[:len(words)]) == words:
            return columns[len(words):]
    raise AssertionError(f'{words} is not in:\n{text}')


class TablesTestCase(base.TestCase):

    def render(self, **results: Any) -> str:
        return tables.render({**HEAD, **results}, [
            budgets.Verdict('speed', 0.95, '>=', 0.9),
            budgets.Verdict('weight', 95.0, '<=', 90.0),
            budgets.Verdict('colour', None, '=', 1.0)])

    def render_services(self, *cells: dict[str, Any]) -> str:
        return self.render(services={
            'images': 1000, 'properties': 10, 'cells': cells,
            'memory': {'service': {'rss_mib': 70.5, 'pss_mib': 60.0}}})

    def test_head(self) -> None:
        text = self.render()
        self.assertIn('Some CPU, 2 cores, 8.0 GiB; Python 3.11.7', text)
        self.assertIn('glance 33.0.0, nova 34.0.0', text)

    def test_verdicts(self) -> None:
        text = self.render()
        self.assertEqual(['>= 0.9', '0.95', 'met'], _line(text, 'speed'))
        self.assertEqual(['<= 90', '95', 'MISSED'], _line(text, 'weight'))
        self.assertEqual(
            ['= 1', '-', 'not measured'], _line(text, 'colour'))

    def test_services_are_compared(self) -> None:
        text = self.render_services(
            _cell('glance'), _cell('nova', rate=40.0),
            _cell('service', rate=80.0))
        self.assertEqual(
            ['80.0', '1.50', '15.2', '1,500', '2.00', '1.00', '4.00',
             '0.80', '2.00'], _line(text, 'show', '4', 'ours'))
        self.assertEqual(
            ['-', '-', '-', '-'], _line(text, 'show', '4', 'Glance')[5:])
        self.assertEqual(['70.5', '60.0'], _line(text, 'ours'))

    def test_invalid_cell_is_marked(self) -> None:
        text = self.render_services(
            _cell('service', valid=False, errors=3))
        self.assertEqual(
            'INVALID: 3 of 10', _line(text, 'show', '4', 'ours')[0])
