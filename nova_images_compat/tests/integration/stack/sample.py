# SPDX-License-Identifier: Apache-2.0

"""Our service with the sample uwsgi.ini, as the sample unit file runs it."""

import os
import sysconfig
import tempfile

from nova_images_compat.conf import reader
from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import unit_file

SAMPLE = 'uwsgi.ini'

# What the samples call the virtual environment, and the other sample.
_SCRIPTS = '/opt/nova-images-compat/bin'
_SAMPLE = f'/opt/nova-images-compat/etc/nova-images-compat/{SAMPLE}'

# Messages in the log: of a worker, of the master, and of our service.
READY = 'WSGI app 0'
RELOADING = 'chain reload starting'
RELOADED = 'chain reloading complete'
STOPPING = 'Stopping after the connections that wait'
ENDED = 'goodbye to uWSGI'

WORKERS = 2


class SampleService(component.Component):
    """The service under uWSGI, with the settings of the samples.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param options: replace the default ones, by group and name
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str, options: configuration.Options,
    ) -> None:
        super().__init__(account, stack)
        self.name = name
        port = process.free_port()
        self.address = f'{process.HOST}:{port}'
        self.url = f'http://{self.address}'
        self._directory = tempfile.mkdtemp(
            prefix=f'{name}-', dir=stack.directory)
        self._options = configuration.merge(
            service.default_options(stack, self._directory), options)
        self._environment = {reader.FILES_VARIABLE: self.configure({})}
        self._log = os.path.join(stack.logs, f'{name}.log')
        self._begin = (
            os.path.getsize(self._log) if os.path.exists(self._log) else 0)
        self._unit = unit_file.UnitFile(_fill(
            unit_file.NAME, (_SCRIPTS, sysconfig.get_path('scripts')),
            (_SAMPLE, self._write_ini())))
        self._notify_socket = unit_file.NotifySocket(self._directory)
        [command] = self._unit.commands('ExecStart')
        self.server = process.Server(
            account, name, command, self._log, self._is_ready,
            {**self._environment, 'NOTIFY_SOCKET': self._notify_socket.path})

    def _setUp(self) -> None:
        self.addCleanup(self._notify_socket.close)
        self.check()
        self.useFixture(self.server)

    def configure(self, options: configuration.Options) -> str:
        """Write the configuration, and return its path.

        :param options: replace those that the service was made with
        """
        return configuration.write(
            os.path.join(self._directory, 'nova-images-compat.conf'),
            configuration.merge(self._options, options))

    def check(self) -> None:
        """Run what systemd runs before it starts the service.

        :raises: ProcessFailed: a command of the unit has failed
        """
        self._run('ExecStartPre')

    def reload(self) -> None:
        """Begin to reload, as systemd does.

        :raises: ProcessFailed: a command of the unit has failed
        """
        self._run('ExecReload', self._pid())

    def stop(self) -> None:
        """Begin to stop, as systemd does."""
        self._unit.stop(self._pid())

    def log(self) -> str:
        """Return the log of uWSGI and the service, since its start."""
        with open(self._log, errors='replace') as file:
            file.seek(self._begin)
            return file.read()

    def _run(self, option: str, main_pid: int = 0) -> None:
        for command in self._unit.commands(option, main_pid):
            self.account.run(
                f'{self.name}-{option}', command, self._log,
                self._environment)

    def _pid(self) -> int:
        return self.account.pids()[self.name]

    def _is_ready(self) -> bool:
        # uWSGI says that it is ready before it has loaded the application.
        return self._notify_socket.is_ready(self._pid()) and (
            self.log().count(READY) >= WORKERS)

    def _write_ini(self) -> str:
        path = os.path.join(self._directory, SAMPLE)
        with open(path, 'w') as file:
            file.write(_fill(SAMPLE, (frontends.SERVICE, self.address)))
        return path


def _fill(sample: str, *replaced: tuple[str, str]) -> str:
    """Return a sample with some of its texts replaced.

    :raises: ValueError: the sample does not have the expected text
    """
    text = (frontends.SAMPLES / sample).read_text()
    for old, new in replaced:
        if old not in text:
            raise ValueError(f'{sample} does not have "{old}"')
        text = text.replace(old, new)
    return text
