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


class HelpersTest(base.TestCase):

    def test_results_and_errors(self) -> None:
        helping = background.Helpers(1)
        self.assertEqual(7, helping.call(lambda: 7).result(10))
        self.assertRaises(
            ZeroDivisionError, helping.call(lambda: 1 // 0).result, 10)
        self.assertEqual(8, helping.call(lambda: 8).result(10))

    def test_threads_are_bounded(self) -> None:
        helping, end = background.Helpers(2), threading.Event()
        before = threading.active_count()
        waiting = [helping.call(lambda: end.wait(10)) for _ in range(20)]
        self.assertEqual(2, threading.active_count() - before)
        self.assertTrue(waiting.pop().cancel())
        end.set()
        for job in waiting:
            self.assertTrue(job.result(10))
