# SPDX-License-Identifier: Apache-2.0

"""Runs the commands that the libraries install."""

from collections.abc import Mapping
import os
import subprocess
import sys
import sysconfig
from typing import NamedTuple


class Result(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


def run(
    name: str, *arguments: str, environ: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Result:
    """Run a command of this Python's environment, and wait for it.

    :param environ: environment variables in addition to this process's
    :param cwd: the directory that it runs in
    """
    result = subprocess.run(
        [sys.executable, os.path.join(sysconfig.get_path('scripts'), name),
         *arguments], text=True, timeout=60, capture_output=True,
        env={**os.environ, **(environ or {})}, cwd=cwd, check=False)
    return Result(result.returncode, result.stdout, result.stderr)
