# SPDX-License-Identifier: Apache-2.0

"""Tests of measuring processes."""

import os
import subprocess
import sys
import time

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import processes

# Uses CPU time in a thread that ends, for a line of input.
BURN = """
import sys, threading, time

def burn():
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass

sys.stdin.readline()
thread = threading.Thread(target=burn)
thread.start()
thread.join()
print(time.process_time(), flush=True)
sys.stdin.readline()
"""


class CpuSecondsTestCase(base.TestCase):

    def test_time_of_another_process_with_its_threads(self) -> None:
        with subprocess.Popen(
                [sys.executable, '-c', BURN], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin and process.stdout
            process.stdin.write('\n')
            process.stdin.flush()
            used = float(process.stdout.readline())
            measured = processes.cpu_seconds([process.pid])
            processes.wait_until_still([process.pid])
            process.stdin.close()
        self.assertGreaterEqual(measured, used)
        self.assertLess(measured, used + 0.1)

    def test_sum_of_several_processes(self) -> None:
        pid = os.getpid()
        before = time.process_time()
        measured = processes.cpu_seconds([pid, pid])
        self.assertGreaterEqual(measured, 2 * before)
        self.assertLessEqual(measured, 2 * time.process_time())

    def test_process_that_has_ended(self) -> None:
        process = subprocess.Popen([sys.executable, '-c', ''])
        process.wait()
        self.assertRaises(
            ProcessLookupError, processes.cpu_seconds, [process.pid])
