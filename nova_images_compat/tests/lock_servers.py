# SPDX-License-Identifier: Apache-2.0

"""Servers of locks that a test may kill, suspend and start again."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import fixtures
import requests

HOST = '127.0.0.1'
TIMEOUT = 30
# The disk may be slow while other tests run.
MEMORY = '/dev/shm' if os.path.isdir('/dev/shm') else None
PATH = f'{os.environ.get("PATH", "")}:/usr/bin:/usr/local/bin:/usr/sbin'


def free_port() -> int:
    """Return a port of the loopback interface that is free now."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class LockServer(fixtures.Fixture):
    """A server process of one test.

    :cvar program: its name
    :ivar port: where it listens
    :ivar url: its URL for tooz
    """

    program = ''
    url_format = ''

    @classmethod
    def is_installed(cls) -> bool:
        return shutil.which(cls.program, path=PATH) is not None

    def _setUp(self) -> None:
        self.port = free_port()
        self.url = self.url_format % self.port
        self.directory = self.useFixture(
            fixtures.TempDir(rootdir=MEMORY)).path
        self.addCleanup(self.kill)
        self.start()

    def command(self) -> list[str]:
        """Return the arguments of the program."""
        raise NotImplementedError()

    def answers(self) -> bool:
        """Return whether it answers."""
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, self.port), 1).close()
            return True
        return False

    def start(self) -> None:
        """Start it on its port, with the data that it kept."""
        self._process = subprocess.Popen(
            [str(shutil.which(self.program, path=PATH)), *self.command()],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=self.directory)
        end = time.monotonic() + TIMEOUT
        while not self.answers():
            if time.monotonic() > end:
                raise TimeoutError(f'{self.program} does not answer')
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it, like a crash."""
        self._process.kill()
        self._process.wait()

    def suspend(self) -> None:
        """Let it accept connections, but answer nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        self._process.send_signal(signal.SIGCONT)


class Redis(LockServer):

    program = 'redis-server'
    url_format = f'redis://{HOST}:%d'

    def command(self) -> list[str]:
        return ['--bind', HOST, '--port', str(self.port), '--save', '']


class Memcached(LockServer):

    program = 'memcached'
    url_format = f'memcached://{HOST}:%d'

    def command(self) -> list[str]:
        user = ['-u', 'nobody'] if os.getuid() == 0 else []
        return ['-l', HOST, '-p', str(self.port), '-U', '0', *user]


class Etcd(LockServer):
    """etcd, which keeps its data when it is killed."""

    program = 'etcd'
    url_format = f'etcd3+http://{HOST}:%d'

    def answers(self) -> bool:
        # It listens before it has elected itself.
        with contextlib.suppress(requests.RequestException):
            return requests.get(
                f'http://{HOST}:{self.port}/health', timeout=TIMEOUT).ok
        return False

    def command(self) -> list[str]:
        client, peer = f'http://{HOST}:{self.port}', f'http://{HOST}:0'
        return [
            '--data-dir', os.path.join(self.directory, 'data'),
            '--listen-client-urls', client, '--advertise-client-urls', client,
            '--listen-peer-urls', peer]
