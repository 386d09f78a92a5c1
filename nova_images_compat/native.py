# SPDX-License-Identifier: Apache-2.0

"""The interpreter's own threads, locks and queues, even where eventlet has
replaced them, as in nova-api up to 2025.2.

Under eventlet, the locks and queues of the standard library belong to one
*native* thread, that is, a thread of the operating system. If two native
threads wait for such a lock, eventlet fails ("Cannot switch to a different
thread"). uWSGI starts as many native threads as its option "threads" says.
"""

from collections.abc import Callable
import importlib
import sys
from typing import Any
from typing import Generic
from typing import TypeVar

T = TypeVar('T')


def is_patched() -> bool:
    """Return whether eventlet has replaced the threads of this process."""
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched('thread')


def module(name: str) -> Any:
    """Return a module of the standard library without eventlet's changes.

    :param name: such as "threading"
    """
    if is_patched():
        return sys.modules['eventlet.patcher'].original(name)
    return sys.modules.get(name) or importlib.import_module(name)


class PerThread(Generic[T]):
    """An object that has locks, such as a pool of connections: one for all
    threads, or, under eventlet, one for each native thread.

    The first is made at once, so that its errors are raised here.

    :param make: makes the object
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._first = make()
        self._local: Any = None
        if is_patched():
            self._local = module('threading').local()
            self._local.value = self._first

    def get(self) -> T:
        """Return this thread's object."""
        if self._local is None:
            return self._first
        try:
            value: T = self._local.value
        except AttributeError:
            value = self._local.value = self._make()
        return value
