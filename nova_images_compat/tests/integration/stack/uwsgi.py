# SPDX-License-Identifier: Apache-2.0

"""A WSGI application under uWSGI."""

from collections.abc import Mapping
import os
import subprocess

from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

PROCESSES = 2
THREADS = 4

# uWSGI resets connections that are kept alive on a plain HTTP socket.
_FLAGS = (
    '--master', '--enable-threads', '--lazy-apps', '--thunder-lock',
    '--die-on-term', '--need-app', '--add-header', 'Connection: close',
    '--buffer-size', '65535')

# What the master writes when a worker ended that it had not told to.
_WORKER_DIED = b'DAMN ! worker'


class Server(process.Server):
    """An application, served on a port of the loopback interface.

    :param account: on whose account it runs
    :param name: what it is
    :param scripts: the directory of pyuwsgi, in the application's virtual
        environment
    :param application: is MODULE:NAME, or the path of a WSGI script
    :param port: the port; None: one that is free
    :param logs: the directory of the log
    :param environment: variables that tell the application where its
        configuration is
    :param processes: how many workers it has
    :param threads: how many threads a worker has
    """

    def __init__(
        self, account: registry.Registry, name: str, scripts: str,
        application: str, port: int | None, logs: str,
        environment: Mapping[str, str], processes: int = PROCESSES,
        threads: int = THREADS,
    ) -> None:
        self.processes = processes
        self.port = port or process.free_port()
        self.url = f'http://{process.HOST}:{self.port}'
        super().__init__(
            account, name,
            [os.path.join(scripts, 'pyuwsgi'),
             '--http-socket', f'{process.HOST}:{self.port}',
             '--wsgi-file' if os.path.isabs(application) else '--module',
             application, '--processes', str(processes),
             '--threads', str(threads), *_FLAGS],
            os.path.join(logs, f'{name}.log'),
            lambda: process.url_answers(f'{self.url}/'), environment)

    def start(self, wait: bool = True) -> None:
        with open(self.log, 'ab') as log:
            self._log_begin = log.tell()
        super().start(wait)

    def find_failure(
        self, process: subprocess.Popen[bytes],
    ) -> str | None:
        """Find also workers that end, for the master starts them anew."""
        with open(self.log, 'rb') as log:
            log.seek(self._log_begin)
            if log.read().count(_WORKER_DIED) >= self.processes:
                return 'the application cannot be loaded'
        return super().find_failure(process)
