# SPDX-License-Identifier: Apache-2.0

"""Work in other threads, which nobody waits for longer than they want to.

``call`` starts a thread for one function. A ``Worker`` is a thread that runs
one function after the other, for something that only one thread may use; its
callers may be greenlets of eventlet in any thread. None of these threads keeps
the process from ending.
"""

from collections.abc import Callable
from concurrent import futures
import os
import threading
import time
from typing import Any
from typing import Generic
from typing import TypeVar

from nova_images_compat import log
from nova_images_compat import native

LOG = log.getLogger(__name__)

Result = TypeVar('Result')

# Seconds between two polls for a result under eventlet, where only a sleep
# lets other greenlets run: they grow from the first to the second.
FIRST_POLL, MAX_POLL = 0.0002, 0.01

# Seconds until a worker's timer function is called again after an error.
RETRY_AFTER_ERROR = 1.0


def call(function: Callable[[], Result]) -> futures.Future[Result]:
    """Call a function in a thread of its own, and return its future."""
    future: futures.Future[Result] = futures.Future()
    threading.Thread(
        target=_run, args=(future, function), daemon=True).start()
    return future


def _run(
    future: futures.Future[Result], function: Callable[[], Result],
) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)


class Job(Generic[Result]):
    """A function that a worker calls.

    :param function: the function
    :param on_late: called by the worker with the result, and the error or
        None, if nobody waits for them any more
    :param is_optional: whether to skip the function if nobody waits for it
        any more when its turn comes

    :ivar is_running: whether the function is being called
    :ivar is_done: whether it returned, failed or was skipped
    """

    def __init__(
        self, function: Callable[[], Result],
        on_late: Callable[[Result | None, BaseException | None], Any],
        is_optional: bool,
    ) -> None:
        self.is_done = self.is_running = False
        self._function = function
        self._on_late = on_late
        self._is_optional = is_optional
        # Acquired once, and never released: by the worker when it has the
        # outcome, or by the caller who gives up, whichever comes first.
        self._decided = native.module('threading').Lock()
        self._outcome = native.module('queue').SimpleQueue()

    def result(self, seconds: float) -> Result:
        """Wait for the result, and return it.

        :param seconds: how long to wait
        :raises: TimeoutError: there is no result by then
        :raises: whatever the function raises
        """
        outcome = _get(self._outcome, seconds)
        if outcome is None:
            if self._decided.acquire(blocking=False):
                raise TimeoutError()
            outcome = self._outcome.get()
        result, error = outcome
        if error is not None:
            raise error
        return result

    def run(self) -> None:
        """Call the function; only the worker may do this."""
        if self._is_optional and self._decided.locked():
            self.is_done = True
            return
        self.is_running = True
        outcome: tuple[Result | None, BaseException | None]
        try:
            outcome = self._function(), None
        except BaseException as error:
            outcome = None, error
        self.is_running, self.is_done = False, True
        if self._decided.acquire(blocking=False):
            self._outcome.put(outcome)
        else:
            self._on_late(*outcome)


class Worker:
    """A native thread that runs one job after the other.

    Each process has its own, which starts with the first job: a fork does not
    inherit it.

    :param on_timer: called by the thread between two jobs. It returns the
        seconds until its next call; None: it is called after the next job
    """

    def __init__(self, on_timer: Callable[[], float | None]) -> None:
        self._on_timer = on_timer
        self._threading = native.module('threading')
        self._queue = native.module('queue')
        self._starting = self._threading.Lock()
        self._pid = 0

    def call(
        self, function: Callable[[], Result],
        on_late: Callable[[Result | None, BaseException | None], Any],
        is_optional: bool = True,
    ) -> Job[Result]:
        """Let the thread call a function after those that it has already.

        The parameters are those of ``Job``.
        """
        job = Job(function, on_late, is_optional)
        with self._starting:
            if self._pid != os.getpid():
                jobs = self._queue.SimpleQueue()
                self._threading.Thread(
                    target=self._serve, args=(jobs,), daemon=True).start()
                self._pid, self._jobs = os.getpid(), jobs
            self._jobs.put(job)
        return job

    def _serve(self, jobs: Any) -> None:
        due: float | None = None
        while True:
            try:
                job = jobs.get(timeout=None if due is None else (
                    max(due - time.monotonic(), 0)))
            except self._queue.Empty:
                job = None
            try:
                if job is not None:
                    job.run()
                if due is None or time.monotonic() >= due:
                    pause = self._on_timer()
                    due = None if pause is None else time.monotonic() + pause
            except Exception:
                LOG.exception('Unexpected error in a background thread; the '
                              'thread goes on')
                due = time.monotonic() + RETRY_AFTER_ERROR
            # Else the last job, and its result, would be kept until the next.
            del job


def _get(queue: Any, seconds: float) -> Any:
    """Return the next item of a queue; None if there is none in time.

    :param seconds: how long to wait
    """
    empty = native.module('queue').Empty
    if not native.is_patched():
        try:
            return queue.get(timeout=seconds)
        except empty:
            return None
    deadline = time.monotonic() + seconds
    pause = FIRST_POLL
    while True:
        try:
            return queue.get_nowait()
        except empty:
            if time.monotonic() >= deadline:
                return None
        time.sleep(pause)
        pause = min(pause * 1.5, MAX_POLL)
