# SPDX-License-Identifier: Apache-2.0

"""Servers that tests can stop and start again."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time

import fixtures
import requests

from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import registry

HOST = '127.0.0.1'

# Below the ports of outgoing connections, so that the port of a server is
# still free when it is restarted.
_PORTS = range(20000, 32000)

_START_SECONDS = 90.0


def free_port() -> int:
    """Return a free port of the loopback interface."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def find_program(name: str, package: str) -> str:
    """Return the path of a server.

    :param name: its name
    :param package: the Debian package that contains it
    :raises: MissingProgram: it is not installed
    """
    path = shutil.which(
        name, path=f'{os.environ.get("PATH", "")}:/usr/local/sbin:/usr/sbin')
    if path is None:
        raise errors.MissingProgram(name, package)
    return path


def port_answers(port: int) -> bool:
    """Return whether a loopback port accepts connections."""
    with contextlib.suppress(OSError):
        socket.create_connection((HOST, port), timeout=1).close()
        return True
    return False


def url_answers(url: str) -> bool:
    """Return whether a URL responds, with a status below 500."""
    with contextlib.suppress(requests.RequestException):
        return requests.get(
            url, timeout=5, allow_redirects=False).status_code < 500
    return False


class Server(fixtures.Fixture):
    """A server process.

    :param account: the registry of its process
    :param name: a unique name
    :param command: the program and its arguments
    :param log: the path of its log
    :param ready: returns whether it is ready
    :param environment: variables in addition to ours
    """

    def __init__(
        self, account: registry.Registry, name: str, command: Sequence[str],
        log: str, ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.account = account
        self.name = name
        self.command = command
        self.log = log
        self.ready = ready
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def _setUp(self) -> None:
        self.addCleanup(self.stop)
        self.start()

    def start(self, wait: bool = True) -> None:
        """Start it, unless it runs.

        :param wait: whether to wait until it is ready
        :raises: ProcessFailed: it has ended, or is not ready in time
        """
        if self._process is None:
            self._process = self.account.start(
                self.name, self.command, self.log, self.environment)
        if wait:
            self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Stop it, and wait until its process group has ended."""
        if self._process is None:
            return
        self._process.terminate()
        self.resume()
        if not self._wait_until_gone(self._process, registry.STOP_SECONDS):
            self.kill()
        self._gone()

    def kill(self) -> None:
        """Kill it and its workers, like a crash."""
        if self._process is not None:
            registry.signal_group(self._process.pid, signal.SIGKILL)
            self._wait_until_gone(self._process, registry.STOP_SECONDS)
            self._gone()

    def restart(self) -> None:
        """Stop it and start it again, on the same port."""
        self.stop()
        self.start()

    def suspend(self) -> None:
        """Suspend it: it still accepts connections, but does not respond."""
        if self._process is not None:
            registry.signal_group(self._process.pid, signal.SIGSTOP)
            self.addCleanup(self.resume)

    def resume(self) -> None:
        """Resume it after ``suspend``."""
        if self._process is not None:
            registry.signal_group(self._process.pid, signal.SIGCONT)

    def find_failure(self, started: subprocess.Popen[bytes]) -> str | None:
        """Return why the server will never be ready; None: it may be.

        :param started: the process of the server
        """
        status = started.poll()
        return None if status is None else f'ended with status {status}'

    def _gone(self) -> None:
        if self._process is not None:
            self.account.forget(self._process)
            self._process = None

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.ready():
            failure = self.find_failure(process)
            if failure is not None:
                raise errors.ProcessFailed(self.name, failure, self.log)
            if time.monotonic() > deadline:
                raise errors.ProcessFailed(
                    self.name, f'not ready after {_START_SECONDS:.0f} seconds',
                    self.log)
            time.sleep(0.05)

    @staticmethod
    def _wait_until_gone(
        process: subprocess.Popen[bytes], seconds: float,
    ) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if process.poll() is not None and not registry.group_alive(
                    process.pid):
                return True
            time.sleep(0.02)
        return False
