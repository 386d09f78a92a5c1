# SPDX-License-Identifier: Apache-2.0

"""Work that nobody waits for longer than they want to."""

from collections.abc import Callable
from concurrent import futures
import threading
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


def _run(
    future: futures.Future[Result], function: Callable[[], Result],
) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)
