# SPDX-License-Identifier: Apache-2.0

"""Describes the machine, and the versions that were measured."""

import os
import pathlib
import platform
import re
import subprocess
from typing import Any

from nova_images_compat.tests.integration.stack import venvs
from nova_images_compat import version

_PRINT_VERSION = (
    'import importlib.metadata, sys\n'
    'print(importlib.metadata.version(sys.argv[1]))')


def describe() -> dict[str, Any]:
    """Describe the machine. The memory is in GiB."""
    return {
        'cpu': _find(r'^model name\s*: (.*)$', '/proc/cpuinfo'),
        'cores': os.cpu_count(),
        'memory_gib': round(
            int(_find(r'^MemTotal: +(\d+) kB$', '/proc/meminfo'))
            / 2 ** 20, 1),
        'python': platform.python_version(),
        'system': f'{platform.system()} {platform.release()}',
    }


def own_version() -> dict[str, str]:
    """Return the version of our package, by its name."""
    return {'nova-images-compat': version.version_string()}


def service_versions() -> dict[str, str]:
    """Return the versions of the real services that are installed."""
    return {
        name: subprocess.run(
            [venvs.program(name, 'python'), '-c', _PRINT_VERSION, name],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True).stdout.strip()
        for name in ('keystone', 'glance', 'nova')}


def _find(pattern: str, path: str) -> str:
    found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    return found[1] if found else '0'
