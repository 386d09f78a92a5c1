# SPDX-License-Identifier: Apache-2.0

"""Writes the results of the benchmark."""

from collections.abc import Mapping
import dataclasses
import json
import pathlib
from typing import Any

from nova_images_compat.tests.benchmark import budgets
from nova_images_compat.tests.benchmark import ratios
from nova_images_compat.tests.benchmark import tables

# The files that the documentation includes.
TABLE = 'table.txt'
RESULTS = 'results.json'
SERVICES_PLOT = 'services.png'
CATALOGUE_PLOT = 'catalogue.png'


def write(results: Mapping[str, Any], directory: pathlib.Path) -> str:
    """Write the tables, the results as JSON and the plots.

    :param directory: an existing directory
    :returns: the tables
    """
    verdicts = budgets.judge(results)
    text = tables.render(results, verdicts)
    (directory / TABLE).write_text(text)
    (directory / RESULTS).write_text(json.dumps({
        **results,
        'budgets': [_budget(one) for one in verdicts],
    }, indent=2) + '\n')
    _draw(results, directory)
    return text


def is_valid(results: Mapping[str, Any]) -> bool:
    """Return whether all requests succeeded."""
    return all(
        cell['valid'] for part in ('services', 'polling', 'catalogue')
        for cell in results.get(part, {}).get('cells', ()))


def _budget(one: budgets.Verdict) -> dict[str, Any]:
    found = {**dataclasses.asdict(one), 'met': one.met}
    if isinstance(one.measured, ratios.Ratio):
        found |= {'measured': one.measured.value, 'low': one.measured.low,
                  'high': one.measured.high}
    return found


def _draw(results: Mapping[str, Any], directory: pathlib.Path) -> None:
    drawn = [part for part in ('services', 'catalogue')
             if results.get(part, {}).get('cells')]
    if not drawn:
        return
    # The import takes a second, and the unit tests do not have matplotlib.
    from nova_images_compat.tests.benchmark import plots

    if 'services' in drawn:
        plots.draw_services(results['services'], directory / SERVICES_PLOT)
    if 'catalogue' in drawn:
        plots.draw_catalogue(
            results['catalogue'], directory / CATALOGUE_PLOT)
