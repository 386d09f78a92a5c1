# SPDX-License-Identifier: Apache-2.0

"""Tests of counting in several processes, and in forked ones."""

from concurrent import futures
import signal

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.tests import databases
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.usage import counter_case

load_tests = test_fixtures.optimize_module_test_loader()

CLIENT = counter_case.CLIENT
CHILD = ('p', 'client', 'images:index', '2.1')

# Each program runs in a process of its own.
COUNT = '''
import os, sys, threading, time
from nova_images_compat.conf import reader
from nova_images_compat.usage import counter

usage_counter = counter.UsageCounter(
    reader.load(['--config-file', {path!r}], environ={{}}))
'''
COUNT_100 = '''
for _ in range(100):
    usage_counter.count('p', 'client', 'images:show', '2.1')
'''
FORK = COUNT_100 + '''
child = os.fork()
for _ in range(10):
    usage_counter.count('p', 'client', 'images:index', '2.1')
if child:
    os.waitpid(child, 0)
'''
FORK_WHILE_COUNTING = '''
def count():
    for _ in range(3000):
        usage_counter.count('p', 'client', 'images:show', '2.1')

threads = [threading.Thread(target=count) for _ in range(4)]
for thread in threads:
    thread.start()
children = []
for _ in range(4):
    children.append(os.fork())
    if not children[-1]:
        usage_counter.count('p', 'client', 'images:index', '2.1')
        usage_counter.close()
        os._exit(0)
for thread in threads:
    thread.join()
for child in children:
    os.waitpid(child, 0)
'''
KILLED = COUNT_100 + '''
time.sleep(2.5)
usage_counter.count('p', 'client', 'images:show', '2.1')
os.kill(os.getpid(), 9)
'''


class ProcessesOnSQLite(counter_case.CounterTestCase):

    def _run(self, program: str) -> int:
        return helpers.run_python('-c', COUNT.format(
            path=self.configuration.path) + program).returncode

    def test_processes_add_up_at_their_exit(self) -> None:
        self.serve()
        with futures.ThreadPoolExecutor(4) as pool:
            statuses = list(pool.map(self._run, [COUNT_100] * 4))
        self.assertEqual([0] * 4, statuses)
        self.assertEqual([(*CLIENT, 400)], self.rows())

    def test_forked_process_counts_what_is_its_own(self) -> None:
        self.serve()
        self.assertEqual(0, self._run(FORK))
        self.assertEqual(
            [(*CLIENT, 100), (*CHILD, 20)], self.rows())

    def test_process_is_forked_in_the_middle_of_counting(self) -> None:
        self.serve(interval=1)
        self.assertEqual(0, self._run(FORK_WHILE_COUNTING))
        self.assertEqual(
            [(*CLIENT, 12000), (*CHILD, 4)], self.rows())

    def test_killed_process_loses_an_interval_at_most(self) -> None:
        self.serve(interval=1)
        self.assertEqual(-signal.SIGKILL, self._run(KILLED))
        self.assertEqual([(*CLIENT, 100)], self.rows())


class ProcessesOnMySQL(
        databases.OnMySQL, counter_case.ServerTestCase, ProcessesOnSQLite):
    pass


class ProcessesOnPostgreSQL(
        databases.OnPostgreSQL, counter_case.ServerTestCase,
        ProcessesOnSQLite):
    pass
