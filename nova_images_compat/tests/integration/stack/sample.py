# SPDX-License-Identifier: Apache-2.0

"""Our service with the sample uwsgi.ini."""

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

SAMPLE = 'uwsgi.ini'

# Messages in the log of uWSGI: of a worker, and of the master.
_READY = 'WSGI app 0'
RELOADED = 'chain reloading complete'
ENDED = 'goodbye to uWSGI'

_WORKERS = 2


class SampleService(component.Component):
    """The service under uWSGI, with the settings of the sample.

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
        directory = tempfile.mkdtemp(prefix=f'{name}-', dir=stack.directory)
        config = configuration.write(
            os.path.join(directory, 'nova-images-compat.conf'),
            configuration.merge(
                service.default_options(stack, directory), options))
        self._log = os.path.join(stack.logs, f'{name}.log')
        self._begin = (
            os.path.getsize(self._log) if os.path.exists(self._log) else 0)
        self.server = process.Server(
            account, name,
            [os.path.join(sysconfig.get_path('scripts'), 'pyuwsgi'),
             '--ini', self._fill(directory)],
            self._log, self._is_ready,
            {reader.FILES_VARIABLE: config})

    def _setUp(self) -> None:
        self.useFixture(self.server)

    def signal(self, number: int) -> None:
        """Send a signal to the master process."""
        os.kill(self.account.pids()[self.name], number)

    def log(self) -> str:
        """Return the log of uWSGI and the service, since its start."""
        with open(self._log, errors='replace') as file:
            file.seek(self._begin)
            return file.read()

    def _is_ready(self) -> bool:
        # A worker that is still loading ignores a request to stop.
        return self.log().count(_READY) >= _WORKERS

    def _fill(self, directory: str) -> str:
        text = (frontends.SAMPLES / SAMPLE).read_text()
        path = os.path.join(directory, SAMPLE)
        with open(path, 'w') as file:
            file.write(text.replace(frontends.SERVICE, self.address))
        return path
