# SPDX-License-Identifier: Apache-2.0

"""What the tests have in common."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import sys
import time
from typing import Any
import unittest
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
        # When Python 3.13 frees a connection that an earlier test left open,
        # it warns in whatever code runs at that moment.
        warnings.filterwarnings(
            'ignore', 'unclosed database', ResourceWarning)
        # fasteners, in tooz, leaves a file open whose lock another process
        # has. Python closes it at once, in the code that asked for the lock.
        warnings.filterwarnings(
            'ignore', 'unclosed file .*/locks/', ResourceWarning)

    @contextlib.contextmanager
    def case(self, *name: object) -> Iterator[None]:
        """Name one of several cases of a test.

        If the case fails, the test goes on and fails at its end, and its
        report has the name of each failed case with its traceback.

        :param name: what distinguishes the case, such as what is sent
        """
        try:
            yield
        except unittest.SkipTest:
            raise
        except Exception:
            self.force_failure = True
            self.onException(sys.exc_info(), tb_label=(
                f'Failed case: {", ".join(f"{part!r:.200}" for part in name)}'
            ))

    def wait_for(self, condition: Callable[[], Any]) -> None:
        """Wait until a condition holds: at most 30 seconds."""
        end = time.monotonic() + 30
        while not condition() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertTrue(condition(), 'It never happens')
