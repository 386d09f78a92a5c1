# SPDX-License-Identifier: Apache-2.0

"""Our options are the same as Nova's options of the same name."""

import json
import os
import pathlib
import subprocess
from typing import Any

import yaml

from nova_images_compat.tests import base
from nova_images_compat.tests.integration.stack import description

HERE = pathlib.Path(__file__).parent
SCRIPT = HERE / 'nova_process' / 'describe_options.py'
DIFFERENCES = HERE / 'option_differences.yaml'
TOP = HERE.parents[2]

# Further virtual environments to test, separated by ":". Each has a Nova, and
# osprofiler.
VARIABLE = 'OS_TEST_NOVA_VENVS'

TIMEOUT = 120

Options = dict[str, dict[str, Any]]


def describe(venv: str) -> tuple[Options, Options]:
    """Return the options of Nova and ours in a virtual environment.

    :raises: subprocess.CalledProcessError: the script fails
    """
    ran = subprocess.run(
        [os.path.join(venv, 'bin', 'python'), '-W', 'ignore', SCRIPT],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        timeout=TIMEOUT, check=True,
        env={'PATH': os.environ['PATH'], 'PYTHONPATH': str(TOP)})
    found = json.loads(ran.stdout)
    return found['nova'], found['ours']


def differences(nova: Options, ours: Options) -> dict[tuple[str, str], Any]:
    """Return the differences between options of the same name.

    :returns: the values of Nova and ours, by the option and its attribute
    """
    return {
        (name, what): (expected, ours[name][what])
        for name in nova.keys() & ours.keys()
        for what, expected in nova[name].items()
        if ours[name][what] != expected}


class OptionsTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        listed = yaml.safe_load(DIFFERENCES.read_text('utf-8'))
        self.always, self.sometimes = (
            {(name, what) for name, reasons in listed[when].items()
             for what in reasons} for when in ('always', 'sometimes'))
        self.venvs = [description.load().venvs['nova'], *filter(
            None, os.environ.get(VARIABLE, '').split(os.pathsep))]

    def test_every_difference_has_its_reason(self) -> None:
        for venv in self.venvs:
            with self.case(venv):
                nova, ours = describe(venv)
                # The script has found the options.
                self.assertGreater(len(nova), 500)
                self.assertGreater(len(nova.keys() & ours.keys()), 150)
                found = differences(nova, ours)
                self.assertEqual({}, {
                    place: values for place, values in found.items()
                    if place not in self.always | self.sometimes}, venv)
                self.assertEqual(set(), self.always - found.keys(), venv)
