# SPDX-License-Identifier: Apache-2.0

"""Tests of the verdicts on budgets."""

from typing import Any

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import budgets
from nova_images_compat.tests.benchmark import ratios


def _cell(request: str, target: str, **values: Any) -> dict[str, Any]:
    return {'request': request, 'target': target, 'connections': 4,
            'valid': True, 'rate': 100.0, 'p50_ms': 10.0, 'cpu_ms': 1.0,
            'calls': 1.0, 'slices': (), **values}


def _services(*cells: dict[str, Any]) -> dict[str, budgets.Verdict]:
    return {verdict.budget: verdict for verdict in budgets.judge({
        'services': {
            'cells': cells, 'memory': {'service': {'rss_mib': 91.0}}}})}


def _catalogue(*costs: float) -> dict[str, budgets.Verdict]:
    return {verdict.budget: verdict for verdict in budgets.judge({
        'catalogue': {'cells': [
            {'database': 'sqlite', 'request': request, 'images': images,
             'valid': True, 'core_rate': 500.0, 'total_cpu_ms': cost}
            for request in ('show', 'first page', 'last page')
            for images, cost in zip((1000, 10000), costs)]}})}


class VerdictTestCase(base.TestCase):

    def test_at_most(self) -> None:
        self.assertTrue(budgets.Verdict('', 2.0, '<=', 2.0).met)
        self.assertFalse(budgets.Verdict('', 2.001, '<=', 2.0).met)

    def test_at_least(self) -> None:
        self.assertTrue(budgets.Verdict('', 0.9, '>=', 0.9).met)
        self.assertFalse(budgets.Verdict('', 0.89, '>=', 0.9).met)

    def test_exactly_within_the_tolerance(self) -> None:
        for measured, met in (
                (0.98, False), (0.995, True), (1.005, True), (1.02, False)):
            with self.case(measured):
                self.assertEqual(
                    met, budgets.Verdict('', measured, '=', 1.0, 0.01).met)

    def test_ratio_is_judged_by_all_slices_together(self) -> None:
        for value, met in ((2.0, True), (2.001, False)):
            with self.case(value):
                self.assertIs(met, budgets.Verdict(
                    '', ratios.Ratio(value, 1.0, 3.0), '<=', 2.0).met)

    def test_not_measured(self) -> None:
        self.assertIsNone(budgets.Verdict('', None, '<=', 1.0).met)


class JudgeTestCase(base.TestCase):

    def test_cpu_is_compared_with_glance_and_nova(self) -> None:
        verdicts = _services(
            _cell('show', 'glance', cpu_ms=5.0),
            _cell('show', 'nova', cpu_ms=10.0),
            _cell('show', 'service', cpu_ms=1.25))
        for budget, measured, met in (
                ("show: CPU, of Glance's", ratios.Ratio(.25, .25, .25), True),
                ("show: CPU, of Nova's", ratios.Ratio(.125, .125, .125), True),
                ("detail: CPU, of Glance's", None, None)):
            with self.case(budget):
                self.assertEqual(measured, verdicts[budget].measured)
                self.assertIs(met, verdicts[budget].met)

    def test_other_connections_do_not_count(self) -> None:
        verdict = _services(
            _cell('show', 'service', connections=1),
            _cell('show', 'glance', connections=1))["show: CPU, of Glance's"]
        self.assertIsNone(verdict.met)

    def test_invalid_cell_does_not_count(self) -> None:
        verdict = _services(
            _cell('show', 'service', valid=False),
            _cell('show', 'glance'))["show: CPU, of Glance's"]
        self.assertIsNone(verdict.met)

    def test_write_is_timed_beside_nova(self) -> None:
        verdict = _services(
            _cell('metadata-write', 'service', p50_ms=40.0),
            _cell('metadata-write', 'nova', p50_ms=100.0),
        )["metadata write: time, of Nova's"]
        self.assertEqual(ratios.Ratio(0.4, 0.4, 0.4), verdict.measured)
        self.assertFalse(verdict.met)

    def test_cache_is_compared_with_glance(self) -> None:
        for request, rate, met in (
                ('detail', 1000.0, True), ('detail', 999.0, False),
                ('show', 300.0, True), ('show', 299.0, False)):
            with self.case(request, rate):
                verdict = _services(
                    _cell(request, 'glance'),
                    _cell(request, 'cached', rate=rate),
                )[f"cached: {request}, requests a second, of Glance's"]
                self.assertIs(met, verdict.met)

    def test_pollers_are_compared_at_their_own_number(self) -> None:
        [detail, show] = budgets.judge({'polling': {'pollers': 50, 'cells': [
            _cell('show', 'glance', connections=50),
            _cell('show', 'cached', connections=50, rate=290.0)]}})
        self.assertIsNone(detail.met)
        self.assertIs(False, show.met)
        self.assertIn('50 pollers and a writer: show', show.budget)

    def test_all_in_one_request_is_timed_with_fewest_connections(
        self,
    ) -> None:
        verdict = _services(
            _cell('all', 'glance', connections=1, p50_ms=1000.0),
            _cell('all', 'service', connections=1, p50_ms=1050.0),
            _cell('all', 'service', p50_ms=9000.0),
        )["all in one request: time, of Glance's"]
        self.assertEqual(ratios.Ratio(1.05, 1.05, 1.05), verdict.measured)
        self.assertTrue(verdict.met)

    def test_memory(self) -> None:
        self.assertFalse(_services()['memory: MiB of a worker'].met)

    def test_growth_is_from_smallest_to_largest(self) -> None:
        verdicts = _catalogue(2.0, 4.0)
        verdict = verdicts[
            'catalogue, sqlite: last page, ms of CPU at 10,000 of that at '
            '1,000']
        self.assertEqual(2.0, verdict.measured)
        self.assertFalse(verdict.met)

    def test_catalogue_shows_a_second_and_core(self) -> None:
        verdict = _catalogue(2.0, 2.0)[
            'catalogue, sqlite: show, requests a second and core, 10,000 '
            'images']
        self.assertEqual(1000.0, verdict.limit)
        self.assertFalse(verdict.met)

    def test_no_parts(self) -> None:
        self.assertEqual([], budgets.judge({}))
