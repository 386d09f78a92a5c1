# SPDX-License-Identifier: Apache-2.0

"""The interpreter's own threads, locks and queues, also where eventlet has put
others in their place, as in nova-api up to 2025.2.

There, what the standard library makes belongs to one thread of the operating
system, a *native* one. A lock that two of them wait for fails ("Cannot switch
to a different thread"), and uWSGI has as many as its option "threads" says.
"""

from collections.abc import Callable
import importlib
import sys
from typing import Any
from typing import Generic
from typing import TypeVar

T = TypeVar('T')


def is_patched() -> bool:
    """Say whether eventlet has replaced the threads of this process."""
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched('thread')


def module(name: str) -> Any:
    """Return a module of the standard library as the interpreter has it.

    :param name: such as "threading"
    """
    if is_patched():
        return sys.modules['eventlet.patcher'].original(name)
    return importlib.import_module(name)


class PerThread(Generic[T]):
    """A thing that has locks, such as a pool of connections: one for all
    threads, or, under eventlet, one for each native thread.

    The first is made at once, so that its errors are raised here.

    :param make: makes it
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._first = make()
        self._own: Any = None
        if is_patched():
            self._own = module('threading').local()
            self._own.thing = self._first

    def get(self) -> T:
        """Return that of this thread."""
        if self._own is None:
            return self._first
        try:
            thing: T = self._own.thing
        except AttributeError:
            thing = self._own.thing = self._make()
        return thing
