# SPDX-License-Identifier: Apache-2.0

"""Tests of writing the results."""

import json
import pathlib
from typing import Any

import fixtures

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import output


def _results(**parts: Any) -> dict[str, Any]:
    return {
        'date': '2026-11-23 17:00 UTC', 'versions': {},
        'machine': {'cpu': 'Some CPU', 'cores': 2, 'memory_gib': 8.0,
                    'python': '3.11.7', 'system': 'Linux 6'}, **parts}


def _cell(target: str, rate: float, *slices: float) -> dict[str, Any]:
    return {
        'request': 'show', 'connections': 50, 'target': target,
        'requests': 10, 'errors': 0, 'valid': True, 'rate': rate,
        'p50_ms': 1.0, 'p95_ms': 1.0, 'p99_ms': 1.0, 'cpu_ms': 1.0,
        'calls': 1.0, 'behind_cpu_ms': 1.0, 'writes': 3, 'write_ms': 9.0,
        'slices': [{'rate': one, 'cpu_ms': 1.0} for one in slices]}


class WriteTestCase(base.TestCase):

    def test_budget_with_a_spread(self) -> None:
        directory = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path)
        text = output.write(_results(polling={'pollers': 50, 'cells': [
            _cell('glance', 10.0, 10.0, 10.0),
            _cell('cached', 40.0, 30.0, 50.0)]}), directory)
        self.assertEqual(text, (directory / output.TABLE).read_text())
        written = json.loads((directory / output.RESULTS).read_text())
        self.assertIn({
            'budget': "50 pollers and a writer: show, requests a second, of "
                      "Glance's",
            'measured': 4.0, 'low': 3.0, 'high': 5.0, 'kind': '>=',
            'limit': 3.0, 'tolerance': 0.0, 'met': True},
            written['budgets'])


class ValidTestCase(base.TestCase):

    def test_one_invalid_cell_of_any_part(self) -> None:
        self.assertTrue(output.is_valid({}))
        for part in ('services', 'polling', 'catalogue'):
            for valid in (True, False):
                with self.case(part, valid):
                    self.assertIs(valid, output.is_valid({part: {
                        'cells': [{'valid': True}, {'valid': valid}]}}))
