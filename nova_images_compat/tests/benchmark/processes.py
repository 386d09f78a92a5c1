# SPDX-License-Identifier: Apache-2.0

"""CPU time and memory of processes, as Linux reports them."""

from collections.abc import Iterable
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import re
import time

_LIBC = ctypes.CDLL(None)
_MIB = 1024

_POLL_SECONDS = 0.05
_STILL_POLLS = 5
_BUSY_SECONDS = 120.0

# The CPU time between two polls that an idle server may use, in seconds.
_IDLE_SECONDS = 0.002

# The beginning of the line that uWSGI logs for each request.
_REQUEST = re.compile(rb'\[pid: \d+\|app: ')


@dataclasses.dataclass(frozen=True)
class Memory:
    """The memory of a process, in MiB.

    :ivar rss: resident set size
    :ivar pss: proportional set size: shared pages are divided by the number
        of processes that share them
    """

    rss: float
    pss: float


def workers(master: int) -> list[int]:
    """Return the pids of the children of a process."""
    return [
        int(path.name) for path in pathlib.Path('/proc').iterdir()
        if path.name.isdecimal() and _parent(path) == master]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time of processes, in user and system mode.

    A list costs our service a few milliseconds, and /proc/PID/stat counts in
    steps of ten, so this asks the processes' clocks (POSIX.1-2001).

    :raises: ProcessLookupError: if a process has ended
    """
    return sum(time.clock_gettime(_cpu_clock(pid)) for pid in pids)


def memory(pid: int) -> Memory:
    """Return the memory of a process."""
    sizes = dict(re.findall(
        r'^(Rss|Pss): +(\d+) kB$',
        pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(), re.MULTILINE))
    return Memory(int(sizes['Rss']) / _MIB, int(sizes['Pss']) / _MIB)


def wait_until_still(pids: Iterable[int]) -> None:
    """Wait until processes use next to no CPU time for a while.

    :raises: TimeoutError: if they stay busy for 120 seconds
    """
    pids = list(pids)
    deadline = time.monotonic() + _BUSY_SECONDS
    before, still = cpu_seconds(pids), 0
    while still < _STILL_POLLS:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f'the servers are still busy {_BUSY_SECONDS:.0f} seconds '
                'after the last request')
        time.sleep(_POLL_SECONDS)
        now = cpu_seconds(pids)
        still = still + 1 if now - before < _IDLE_SECONDS else 0
        before = now


class RequestLog:
    """Counts the requests in uWSGI's log.

    :param path: of the log
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._read = os.path.getsize(path)

    def count_new(self) -> int:
        """Return the number of requests since the last call, or the start."""
        with open(self._path, 'rb') as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        return len(_REQUEST.findall(text))


def _cpu_clock(pid: int) -> int:
    clock = ctypes.c_int()
    error = _LIBC.clock_getcpuclockid(ctypes.c_int(pid), ctypes.byref(clock))
    if error:
        raise OSError(error, os.strerror(error), str(pid))
    return clock.value


def _parent(path: pathlib.Path) -> int | None:
    with contextlib.suppress(OSError):
        return int(_stat(path)[1])
    return None


def _stat(path: pathlib.Path) -> list[str]:
    """Return the fields of /proc/PID/stat, from "state" on."""
    return (path / 'stat').read_text().rpartition(')')[2].split()
