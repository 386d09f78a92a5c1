# SPDX-License-Identifier: Apache-2.0

"""Tests of work in other threads."""

from collections.abc import Callable
import functools
import os
import threading
import time
from typing import Any
from unittest import mock

import fixtures

from nova_images_compat import background
from nova_images_compat.tests import base
from nova_images_compat.tests.unit import helpers

CALL_PROGRAM = '''
import threading
from nova_images_compat import background
background.call(threading.Event().wait)
'''

WORKER_PROGRAM = '''
import threading
from nova_images_compat import background
background.Worker(lambda: None).call(threading.Event().wait, print)
'''

# Greenlets of several native threads wait for one worker. A lost number, or
# an error of eventlet, shows in the output.
GREEN_PROGRAM = '''
import eventlet
eventlet.monkey_patch()
import time
from eventlet import patcher
from nova_images_compat import background
from nova_images_compat import native

assert native.is_patched()
worker = background.Worker(lambda: None)
sums = []
ticks = []

def ask():
    pool = eventlet.GreenPool()
    sums.append(sum(pool.imap(lambda number: worker.call(
        lambda: time.sleep(0.001) or number, print).result(20), range(50))))

def tick():
    while len(sums) < 4:
        ticks.append(time.monotonic())
        time.sleep(0.005)

threads = [patcher.original('threading').Thread(target=ask) for _ in range(4)]
threads.append(patcher.original('threading').Thread(target=tick))
for thread in threads:
    thread.start()
try:
    worker.call(lambda: time.sleep(0.5), print).result(0)
except TimeoutError:
    pass
own = eventlet.spawn(
    lambda: worker.call(lambda: 'late', print).result(30))
while not own.dead:
    time.sleep(0.001)
for thread in threads:
    thread.join()
print(sums, own.wait(), len(ticks) > 20)
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
        ran = helpers.run_python('-c', CALL_PROGRAM)
        self.assertEqual(0, ran.returncode)


class WorkerTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.end = threading.Event()
        self.addCleanup(self.end.set)
        self.late = mock.Mock()
        self.worker = background.Worker(lambda: None)

    def call(self, function: Callable[[], Any], **kwargs: Any) -> Any:
        return self.worker.call(function, self.late, **kwargs)

    def give_up(self, job: Any) -> None:
        self.assertRaises(TimeoutError, job.result, 0)

    def test_results_and_errors(self) -> None:
        self.assertEqual(7, self.call(lambda: 7).result(10))
        self.assertRaises(
            ZeroDivisionError, self.call(lambda: 1 // 0).result, 10)
        self.assertRaises(
            SystemExit, self.call(mock.Mock(side_effect=SystemExit)).result,
            10)
        self.assertIsNone(self.call(lambda: None).result(10))
        self.late.assert_not_called()

    def test_one_after_the_other_in_one_thread(self) -> None:
        before = threading.active_count()
        order: list[int] = []
        jobs = [self.call(functools.partial(order.append, number))
                for number in range(50)]
        for job in jobs:
            job.result(10)
        self.assertEqual(list(range(50)), order)
        self.assertEqual(1, threading.active_count() - before)

    def test_result_that_nobody_waits_for(self) -> None:
        job = self.call(lambda: self.end.wait(10) and 7)
        self.wait_for(lambda: job.is_running)
        self.give_up(job)
        self.assertFalse(job.is_done)
        self.end.set()
        self.wait_for(lambda: self.late.called)
        self.late.assert_called_once_with(7, None)
        self.assertTrue(job.is_done)

    def test_job_that_nobody_waits_for(self) -> None:
        self.call(lambda: self.end.wait(10))
        optional, kept = mock.Mock(), mock.Mock(return_value=8)
        jobs = [self.call(optional), self.call(kept, is_optional=False)]
        for job in jobs:
            self.give_up(job)
        self.end.set()
        self.wait_for(lambda: all(job.is_done for job in jobs))
        optional.assert_not_called()
        self.wait_for(lambda: self.late.called)
        self.late.assert_called_once_with(8, None)

    def test_timer_is_called_when_it_is_due(self) -> None:
        pauses = iter((None, 0.01, 0.01, 60))
        # The thread outlives the test.
        on_timer = mock.Mock(side_effect=lambda: next(pauses, None))
        self.worker = background.Worker(on_timer)
        self.call(lambda: None).result(10)
        self.wait_for(lambda: on_timer.call_count == 1)
        self.call(lambda: None).result(10)
        self.wait_for(lambda: on_timer.call_count == 4)
        self.call(lambda: None).result(10)
        time.sleep(0.05)
        self.assertEqual(4, on_timer.call_count)

    def test_it_goes_on_after_an_error(self) -> None:
        log = self.useFixture(fixtures.FakeLogger())
        on_timer = mock.Mock(
            side_effect=RuntimeError('odd'), return_value=None)
        # The thread outlives the test.
        self.addCleanup(setattr, on_timer, 'side_effect', None)
        self.worker = background.Worker(on_timer)
        self.assertEqual(7, self.call(lambda: 7).result(10))
        self.assertEqual(8, self.call(lambda: 8).result(10))
        self.assertIn('odd', log.output)
        time.sleep(0.1)
        self.assertEqual(1, on_timer.call_count)

    def test_a_fork_has_a_thread_of_its_own(self) -> None:
        self.assertEqual(7, self.call(lambda: 7).result(10))
        pid = os.fork()
        if not pid:
            try:
                os._exit(self.call(lambda: 8).result(10))
            finally:
                os._exit(1)
        self.assertEqual(8, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def test_process_ends_nevertheless(self) -> None:
        ran = helpers.run_python('-c', WORKER_PROGRAM)
        self.assertEqual(0, ran.returncode)


class EventletTest(base.TestCase):

    def test_greenlets_of_several_threads(self) -> None:
        ran = helpers.run_python('-W', 'ignore', '-c', GREEN_PROGRAM)
        self.assertEqual(
            ('', '[1225, 1225, 1225, 1225] late True\n'),
            (ran.stderr, ran.stdout))
