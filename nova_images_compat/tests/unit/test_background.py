# SPDX-License-Identifier: Apache-2.0

"""Tests of work in the background."""

import threading

from nova_images_compat import background
from nova_images_compat.tests import base
from nova_images_compat.tests.unit import helpers

PROGRAM = '''
import threading
from nova_images_compat import background
background.call(threading.Event().wait)
'''


class CallTest(base.TestCase):

    def test_result(self) -> None:
        self.assertEqual(7, background.call(lambda: 7).result(10))

    def test_error(self) -> None:
        self.assertRaises(
            ZeroDivisionError, background.call(lambda: 1 // 0).result, 10)

    def test_it_goes_on_meanwhile(self) -> None:
        done = threading.Event()
        future = background.call(lambda: done.wait(10))
        self.assertFalse(future.done())
        done.set()
        self.assertTrue(future.result(10))

    def test_process_ends_nevertheless(self) -> None:
        self.assertEqual(0, helpers.run_python('-c', PROGRAM).returncode)
