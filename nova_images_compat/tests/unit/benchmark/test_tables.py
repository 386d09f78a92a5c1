# SPDX-License-Identifier: Apache-2.0

"""Tests of rendering results."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import budgets
from nova_images_compat.tests.benchmark import ratios
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
            'calls': 1.0, 'behind_cpu_ms': 4.0, 'slices': (), **values}


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
            budgets.Verdict('colour', None, '=', 1.0),
            budgets.Verdict(
                'cost', ratios.Ratio(0.25, 0.2, 0.3), '<=', 0.3)])

    def render_services(self, *cells: dict[str, Any]) -> str:
        return self.render(services={
            'images': 1000, 'properties': 10, 'polled_images': 10,
            'cache_seconds': 5, 'cells': cells,
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
        self.assertEqual(
            ['<= 0.3', '0.25 (0.20-0.30)', 'met'], _line(text, 'cost'))

    def test_services_are_compared(self) -> None:
        text = self.render_services(
            _cell('glance', cpu_ms=5.0), _cell('nova', rate=40.0),
            _cell('service', rate=80.0, cpu_ms=0.2),
            _cell('cached', rate=400.0, cpu_ms=0.5))
        for server, columns in (
                ('Glance', ['-', '-', '-', '-', '5.00', '100', '1.50', '15.2',
                            '1,500', '-', '-']),
                ('Nova', ['0.40', '-', '0.40', '-', '2.00', '40.0', '1.50',
                          '15.2', '1,500', '1.00', '4.00']),
                ('ours', ['0.040', '0.10', '0.80', '2.00', '0.20', '80.0',
                          '1.50', '15.2', '1,500', '1.00', '4.00']),
                ('ours, cached', ['0.10', '0.25', '4.00', '10.0', '0.50',
                                  '400', '1.50', '15.2', '1,500', '1.00',
                                  '4.00'])):
            with self.case(server):
                self.assertEqual(columns, _line(text, 'show', '4', server))
        self.assertEqual(['70.5', '60.0'], _line(text, 'ours'))

    def test_ratios_that_scatter_have_a_spread(self) -> None:
        text = self.render_services(
            _cell('glance', slices=[{'rate': 100.0, 'cpu_ms': 2.0},
                                    {'rate': 100.0, 'cpu_ms': 2.0}]),
            _cell('service', rate=62.0, slices=[
                {'rate': 51.0, 'cpu_ms': 2.0},
                {'rate': 74.0, 'cpu_ms': 2.0}]))
        self.assertEqual(
            ['1.00', '-', '0.62 (0.51-0.74)', '-'],
            _line(text, 'show', '4', 'ours')[:4])

    def test_polling(self) -> None:
        text = self.render(polling={'pollers': 50, 'cells': [
            _cell('glance', connections=50, writes=4, write_ms=450.0),
            _cell('cached', connections=50, rate=1200.0, writes=15,
                  write_ms=None)]})
        self.assertIn('50 clients', text)
        self.assertEqual(
            ['-', '-', '2.00', '100', '1.50', '15.2', '1,500', '-', '-', '4',
             '450'], _line(text, 'show', '50', 'Glance'))
        self.assertEqual(
            ['1.00', '12.0', '2.00', '1,200', '1.50', '15.2', '1,500',
             '1.00', '4.00', '15', '-'],
            _line(text, 'show', '50', 'ours, cached'))

    def test_invalid_cell_is_marked(self) -> None:
        text = self.render_services(
            _cell('glance'), _cell('service', valid=False, errors=3))
        self.assertEqual(
            'INVALID: 3 of 10', _line(text, 'show', '4', 'ours')[0])
