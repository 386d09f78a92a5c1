# SPDX-License-Identifier: Apache-2.0

"""What Linux tells of processes: their time and memory."""

from collections.abc import Iterable
import contextlib
import dataclasses
import os
import pathlib
import re
import time

_TICK = 1 / os.sysconf('SC_CLK_TCK')
_MIB = 1024

_POLL_SECONDS = 0.05
_STILL_POLLS = 5
_BUSY_SECONDS = 120.0

# What uWSGI writes of each request, once it is answered.
_REQUEST = re.compile(rb'\[pid: \d+\|app: ')


@dataclasses.dataclass(frozen=True)
class Memory:
    """What a process holds, in MiB.

    :ivar rss: the pages that are in memory
    :ivar pss: the same, where what several processes share is divided among
        them
    """

    rss: float
    pss: float


def workers(master: int) -> list[int]:
    """Return the pids of the children of a process."""
    return [
        int(path.name) for path in pathlib.Path('/proc').iterdir()
        if path.name.isdecimal() and _parent(path) == master]


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the time that processes have spent, in user and system mode."""
    return sum(
        sum(int(ticks) for ticks in _stat(pathlib.Path(f'/proc/{pid}'))[11:13])
        for pid in pids) * _TICK


def memory(pid: int) -> Memory:
    """Return what a process holds."""
    sizes = dict(re.findall(
        r'^(Rss|Pss): +(\d+) kB$',
        pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(), re.MULTILINE))
    return Memory(int(sizes['Rss']) / _MIB, int(sizes['Pss']) / _MIB)


def wait_until_still(pids: Iterable[int]) -> None:
    """Wait until processes have spent no time for a while.

    :raises: TimeoutError: they never stop
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
        still = still + 1 if now == before else 0
        before = now


class RequestLog:
    """Counts the requests that uWSGI has answered, by its log.

    :param path: of the log
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._read = os.path.getsize(path)

    def count_new(self) -> int:
        """Return how many came since the last time, or since the start."""
        with open(self._path, 'rb') as file:
            file.seek(self._read)
            text = file.read()
        self._read += len(text)
        return len(_REQUEST.findall(text))


def _parent(path: pathlib.Path) -> int | None:
    with contextlib.suppress(OSError):
        return int(_stat(path)[1])
    return None


def _stat(path: pathlib.Path) -> list[str]:
    """Return the fields of /proc/PID/stat, from "state" on."""
    return (path / 'stat').read_text().rpartition(')')[2].split()
