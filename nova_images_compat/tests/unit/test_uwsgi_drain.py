# SPDX-License-Identifier: Apache-2.0

"""Tests of the stop that answers waiting connections first."""

import contextlib
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
import types
from unittest import mock

from nova_images_compat.tests import base

WAITING = 3
NEVER = 0.3


def _expect_signals() -> None:
    """Undo what nohup and background jobs of shells hand down."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class DrainTest(base.TestCase):
    """The module with a substitute for uWSGI's own.

    :ivar drain: the module
    :ivar master: the substitute for uWSGI's master
    :ivar waiting: the clients of connections that nobody has accepted
    """

    family = socket.AF_INET
    host = '127.0.0.1'

    def setUp(self) -> None:
        super().setUp()
        self.listener = self.enterContext(socket.create_server(
            (self.host, 0), family=self.family, backlog=WAITING))
        self.master = self.start_process()
        self.uwsgi = types.SimpleNamespace(
            sockets=[self.listener.fileno()],
            masterpid=lambda: self.master.pid,
            register_signal=mock.Mock(), workers=lambda: [])
        self.enterContext(mock.patch.dict(sys.modules, uwsgi=self.uwsgi))
        name = 'nova_images_compat.uwsgi_drain'
        self.addCleanup(sys.modules.pop, name)
        self.drain = importlib.import_module(name)
        self.waiting = [
            self.enterContext(self.connect()) for _ in range(WAITING)]

    def start_process(self) -> 'subprocess.Popen[bytes]':
        """Start a process that signals end."""
        process = self.enterContext(subprocess.Popen(
            ['sleep', '60'], preexec_fn=_expect_signals))
        self.addCleanup(process.kill)
        return process

    def connect(self) -> socket.socket:
        return socket.create_connection(
            self.listener.getsockname()[:2], NEVER)

    def stop(self) -> None:
        """Send uWSGI's signal to the function that is registered for it."""
        [(number, receiver, handler)] = [
            call.args for call in self.uwsgi.register_signal.call_args_list]
        self.assertEqual('worker', receiver)
        handler(number)

    def accept(self) -> None:
        self.listener.accept()[0].close()

    def test_waiting_connections_first(self) -> None:
        self.stop()
        for number in range(WAITING):
            with self.case(number):
                self.assertRaises(
                    subprocess.TimeoutExpired, self.master.wait, NEVER)
            self.accept()
        self.assertEqual(-signal.SIGINT, self.master.wait(10))

    def test_new_connections_get_no_answer(self) -> None:
        self.drain.drain(self.uwsgi.sockets, 0)
        self.assertRaises(TimeoutError, self.connect)
        for _ in self.waiting:
            self.accept()
        self.assertTrue(self.drain.drain(self.uwsgi.sockets, 0))

    def test_time_is_limited(self) -> None:
        self.enterContext(mock.patch.object(self.drain, 'TIMEOUT', new=0))
        self.stop()
        self.assertEqual(-signal.SIGINT, self.master.wait(10))

    def test_new_workers_are_asked_again(self) -> None:
        """A worker that still loads the application ignores uWSGI."""
        worker = self.start_process()
        self.uwsgi.workers = lambda: [
            {'pid': worker.pid, 'delta_requests': 0},
            {'pid': os.getpid(), 'delta_requests': 1}]
        for _ in self.waiting:
            self.accept()
        self.stop()
        self.assertEqual(-signal.SIGHUP, worker.wait(10))

    def test_its_own_worker_is_not_waited_for(self) -> None:
        """The worker ends only after the process that drains."""
        workers = [{'pid': os.getpid(), 'delta_requests': 0}]
        self.uwsgi.workers = lambda: workers
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(
            signal.SIGHUP, signal.SIG_IGN))
        fork, forked = os.fork, []

        def remember() -> int:
            forked.append(fork())
            return forked[-1]

        self.enterContext(mock.patch('os.fork', remember))
        for _ in self.waiting:
            self.accept()
        self.stop()
        self.assertEqual(-signal.SIGINT, self.master.wait(10))
        end = time.monotonic() + 10
        while not os.waitpid(forked[0], os.WNOHANG)[0]:
            if time.monotonic() > end:
                os.kill(forked[0], signal.SIGKILL)
                self.fail('The process that drains does not end')
            time.sleep(0.05)

    def test_other_sockets(self) -> None:
        """A socket that cannot refuse connections is waited for, too."""
        self.listener.close()
        with contextlib.ExitStack() as sockets:
            listener = sockets.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(f'\0{self.id()}')
            listener.listen()
            client = sockets.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(listener.getsockname())
            self.assertFalse(self.drain.drain([listener.fileno()], 0))
            listener.accept()[0].close()
            self.assertTrue(self.drain.drain([listener.fileno()], 0))


class IPv6DrainTest(DrainTest):

    family = socket.AF_INET6
    host = '::1'
