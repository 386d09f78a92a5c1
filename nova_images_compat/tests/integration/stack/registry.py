# SPDX-License-Identifier: Apache-2.0

"""Registers the processes of the stack, to stop all of them at the end."""

from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time

from nova_images_compat.tests.integration.stack import errors

STOP_SECONDS = 5.0


def group_alive(group: int) -> bool:
    """Return whether a process of a process group still runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, if it still exists."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


class Registry:
    """The process groups of one stack, with a file for each in a directory.

    The process of a test may end before the servers that it started. With the
    files, the process that started the stack can stop them, too.

    :param directory: an existing directory
    """

    def __init__(self, directory: str) -> None:
        self._directory = pathlib.Path(directory)
        self._lock = threading.Lock()
        self._closed = False
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(
        self, name: str, command: Sequence[str], log: str,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a new session and process group.

        :param name: a unique name
        :param command: the program and its arguments
        :param log: the path of the file for its output
        :param environment: variables in addition to ours, of which those for
            OpenStack and Python are left out
        :raises: StackError: the registry is closed
        """
        with self._lock, open(log, 'ab') as output:
            if self._closed:
                raise errors.StackError(f'{name}: the stack is being stopped')
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**_environment(), **(environment or {})})
            self._children[process.pid] = process
            self._file(process.pid).write_text(name)
        return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """Remove a process whose process group has ended."""
        with self._lock:
            self._children.pop(process.pid, None)
            self._file(process.pid).unlink(missing_ok=True)

    def run(
        self, name: str, command: Sequence[str], log: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command, and wait for its end.

        :raises: ProcessFailed: its status is not 0
        """
        process = self.start(name, command, log, environment)
        status = process.wait()
        self.forget(process)
        if status:
            raise errors.ProcessFailed(
                name, f'{command[0]} ended with status {status}', log)

    def close(self) -> None:
        """Stop all processes. No more can be started."""
        with self._lock:
            self._closed = True
        groups = [int(path.name) for path in self._directory.iterdir()]
        for group in groups:
            with contextlib.suppress(ProcessLookupError):
                os.kill(group, signal.SIGTERM)
            signal_group(group, signal.SIGCONT)
        for group in self._wait(groups):
            signal_group(group, signal.SIGKILL)
        self._wait(groups)

    def pids(self) -> dict[str, int]:
        """Return the pids of the registered processes, by name."""
        return {
            path.read_text(): int(path.name)
            for path in self._directory.iterdir()}

    def _wait(self, groups: list[int]) -> list[int]:
        deadline = time.monotonic() + STOP_SECONDS
        while groups and time.monotonic() < deadline:
            time.sleep(0.05)
            groups = self._remaining(groups)
        return groups

    def _remaining(self, groups: Sequence[int]) -> list[int]:
        for group in groups:
            if group in self._children:
                self._children[group].poll()
            if not group_alive(group):
                self._file(group).unlink(missing_ok=True)
        return [group for group in groups if group_alive(group)]

    def _file(self, pid: int) -> pathlib.Path:
        return self._directory / str(pid)


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items()
        if not name.startswith(('OS_', 'PYTHON', 'VIRTUAL_ENV'))}
