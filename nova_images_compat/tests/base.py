# SPDX-License-Identifier: Apache-2.0

"""What the tests have in common."""

from collections.abc import Callable
import time
from typing import Any
import warnings

from oslotest import base


class TestCase(base.BaseTestCase):
    """A test in which a warning that our own code causes is an error."""

    def setUp(self) -> None:
        super().setUp()
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.filterwarnings('error', module='nova_images_compat')

    def wait_for(self, condition: Callable[[], Any]) -> None:
        """Wait until a condition holds: at most 10 seconds."""
        end = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), end, 'It never happens')
            time.sleep(0.01)
