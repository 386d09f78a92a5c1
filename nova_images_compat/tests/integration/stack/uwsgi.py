# SPDX-License-Identifier: Apache-2.0

"""WSGI applications under uWSGI."""

from collections.abc import Mapping
import os
import subprocess

from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

PROCESSES = 2
THREADS = 4

# With a plain HTTP socket, uWSGI resets connections that are kept alive.
_FLAGS = (
    '--master', '--enable-threads', '--lazy-apps', '--thunder-lock',
    '--die-on-term', '--need-app', '--add-header', 'Connection: close',
    '--buffer-size', '65535')

# The log message of the master when a worker has ended unexpectedly.
_WORKER_DIED = b'DAMN ! worker'


class Server(process.Server):
    """A server of an application on the loopback interface.

    :param account: the registry of its processes
    :param name: a unique name
    :param scripts: the directory of pyuwsgi, in the virtual environment of
        the application
    :param application: MODULE:NAME, or the path of a WSGI script
    :param port: the port; None: a free one
    :param logs: the directory of the log
    :param environment: further variables, such as for the configuration
    :param processes: the number of workers
    :param threads: the number of threads of each worker
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

    def find_failure(self, started: subprocess.Popen[bytes]) -> str | None:
        """Return why the server will never be ready; None: it may be.

        If the application cannot be loaded, the workers end, and the master
        starts them again.
        """
        with open(self.log, 'rb') as log:
            log.seek(self._log_begin)
            if log.read().count(_WORKER_DIED) >= self.processes:
                return 'the application cannot be loaded'
        return super().find_failure(started)
