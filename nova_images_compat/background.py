# SPDX-License-Identifier: Apache-2.0

"""Work in other threads that nobody waits for longer than they want to; under
eventlet, too, where each caller may be a greenlet."""

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


# Seconds between two looks for an answer, under eventlet, where only a sleep
# lets other greenlets go on: they grow from the first to the second.
FIRST_LOOK, LAST_LOOK = 0.0002, 0.01

# Seconds until the beat is due again after a mistake.
AFTER_MISTAKE = 1.0


def call(function: Callable[[], Result]) -> futures.Future[Result]:
    """Call a function in a thread of its own, which keeps no process from
    ending.
    """
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
    """Something that a worker is to do.

    :param function: does it
    :param on_late: is called by the worker with what came of it, if nobody
        waits for it any more: the result, and the error or None
    :param is_optional: whether it need not be begun then

    :ivar is_done: whether it has come to its end, whatever that was
    :ivar is_running: whether it has been begun, and not ended
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
        # Taken by the first of the two: who has an answer, and who gives up.
        self._settled = native.module('threading').Lock()
        self._answer = native.module('queue').SimpleQueue()

    def result(self, seconds: float) -> Result:
        """Wait for the result.

        :raises: TimeoutError: there is none yet; and what the function raises
        """
        answer = _get(self._answer, seconds)
        if answer is None:
            if self._settled.acquire(blocking=False):
                raise TimeoutError()
            answer = self._answer.get()
        result, error = answer
        if error is not None:
            raise error
        return result

    def run(self) -> None:
        """Do it: for the worker."""
        if self._is_optional and self._settled.locked():
            self.is_done = True
            return
        self.is_running = True
        answer: tuple[Result | None, BaseException | None]
        try:
            answer = self._function(), None
        except BaseException as error:
            answer = None, error
        self.is_running, self.is_done = False, True
        if self._settled.acquire(blocking=False):
            self._answer.put(answer)
        else:
            self._on_late(*answer)


class Worker:
    """A native thread that does one job after the other, and keeps no process
    from ending.

    It is started when there is a job, in the process that has it, not in the
    one that it may have been forked from.

    :param beat: is called by the thread between jobs, when it is due: returns
        the seconds until it is due again, or None: after the next job
    """

    def __init__(self, beat: Callable[[], float | None]) -> None:
        self._beat = beat
        self._threading = native.module('threading')
        self._queue = native.module('queue')
        self._starting = self._threading.Lock()
        self._pid = 0

    def call(
        self, function: Callable[[], Result],
        on_late: Callable[[Result | None, BaseException | None], Any],
        is_optional: bool = True,
    ) -> Job[Result]:
        """Have something done, as soon as what others gave before is done."""
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
                    pause = self._beat()
                    due = None if pause is None else time.monotonic() + pause
            except Exception:
                LOG.exception('A mistake in a thread that goes on')
                due = time.monotonic() + AFTER_MISTAKE
            del job


def _get(answers: Any, seconds: float) -> Any:
    """Return what a queue has within some seconds, or None."""
    empty = native.module('queue').Empty
    if not native.is_patched():
        try:
            return answers.get(timeout=seconds)
        except empty:
            return None
    deadline = time.monotonic() + seconds
    pause = FIRST_LOOK
    while True:
        try:
            return answers.get_nowait()
        except empty:
            if time.monotonic() >= deadline:
                return None
        time.sleep(pause)
        pause = min(pause * 1.5, LAST_LOOK)
