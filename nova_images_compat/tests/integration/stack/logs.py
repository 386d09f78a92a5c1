# SPDX-License-Identifier: Apache-2.0

"""The directories of the logs."""

import tempfile
import time

from nova_images_compat.tests.integration.stack import venvs


def make_directory(prefix: str = '') -> str:
    """Create a directory for the logs of a run, and return its path."""
    parent = venvs.work_directory() / 'logs'
    parent.mkdir(parents=True, exist_ok=True)
    return tempfile.mkdtemp(
        prefix=prefix + time.strftime('%Y%m%dT%H%M%S-'), dir=parent)
