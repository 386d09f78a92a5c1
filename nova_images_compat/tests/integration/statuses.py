# SPDX-License-Identifier: Apache-2.0

"""Runs nova-images-compat-status."""

import json
import os
import subprocess
import sysconfig
import tempfile
from typing import NamedTuple

COMMAND = os.path.join(
    sysconfig.get_path('scripts'), 'nova-images-compat-status')
SUCCESS, WARNING, FAILURE = range(3)

# Seconds.
TIMEOUT = 120


class Status(NamedTuple):
    """The result of the upgrade check.

    :ivar code: the exit status
    :ivar failures: the details of the checks that failed, by their names
    :ivar codes: the codes of all checks
    """

    code: int
    failures: dict[str, str]
    codes: set[int]


def check(config: str, more: str = '') -> Status:
    """Run the upgrade check.

    :param config: the path of a configuration
    :param more: a configuration whose options override those
    """
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
        file.write(more)
        file.flush()
        done = subprocess.run(
            [COMMAND, '--config-file', config, '--config-file', file.name,
             'upgrade', 'check', '--json'],
            capture_output=True, timeout=TIMEOUT, text=True, check=False)
    checks = json.loads(done.stdout)['checks']
    return Status(
        done.returncode,
        {each['check']: each['details'] for each in checks
         if each['result'] == FAILURE},
        {each['result'] for each in checks})
