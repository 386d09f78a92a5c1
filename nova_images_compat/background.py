# SPDX-License-Identifier: Apache-2.0

"""Work that nobody waits for longer than they want to."""

from collections.abc import Callable
from concurrent import futures
import os
import queue
import threading
from typing import Any
from typing import TypeVar

Result = TypeVar('Result')


def call(function: Callable[[], Result]) -> futures.Future[Result]:
    """Call a function in a thread of its own, which keeps no process from
    ending.
    """
    future: futures.Future[Result] = futures.Future()
    threading.Thread(
        target=_run, args=(future, function), daemon=True).start()
    return future


class Helpers:
    """A bounded number of threads, which keep no process from ending, unlike
    those of ``concurrent.futures``.

    They are started when there is work for them, in the process that has it,
    not in the one that it may have been forked from.

    :param most: how many threads there are at most
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._starting = threading.Lock()
        self._pid = 0

    def call(self, function: Callable[[], Result]) -> futures.Future[Result]:
        """Call a function in one of the threads, as soon as one is free.

        :returns: its result; while no thread is free, it can be cancelled
        """
        future: futures.Future[Result] = futures.Future()
        with self._starting:
            if self._pid != os.getpid():
                self._pid, self._count = os.getpid(), 0
                self._work: queue.SimpleQueue[Any] = queue.SimpleQueue()
                self._idle = threading.Semaphore(0)
            self._work.put((future, function))
            if not self._idle.acquire(blocking=False) and (
                    self._count < self._most):
                self._count += 1
                threading.Thread(
                    target=self._serve, args=(self._work, self._idle),
                    daemon=True).start()
        return future

    @staticmethod
    def _serve(
        work: queue.SimpleQueue[Any], idle: threading.Semaphore,
    ) -> None:
        while True:
            future, function = work.get()
            if future.set_running_or_notify_cancel():
                _run(future, function)
            del future, function
            idle.release()


def _run(
    future: futures.Future[Result], function: Callable[[], Result],
) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
