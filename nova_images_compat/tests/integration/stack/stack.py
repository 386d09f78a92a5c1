# SPDX-License-Identifier: Apache-2.0

"""Starts the whole stack."""

from collections.abc import Callable
from concurrent import futures
import os
import shutil
import tempfile
from typing import Any
from typing import TypeVar

import fixtures

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import glance
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import keystone
from nova_images_compat.tests.integration.stack import mariadb
from nova_images_compat.tests.integration.stack import memcached
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import running
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import venvs

T = TypeVar('T', bound=fixtures.Fixture)


def check_programs() -> None:
    """Check that the machine has the servers that are not in Python.

    :raises: MissingProgram: one is not installed
    """
    mariadb.find_programs()
    memcached.find_program()


class Stack(fixtures.Fixture):
    """All servers, and their endpoints in Keystone.

    :param logs: an existing directory for the logs
    :param on_stop: is called before anything is stopped
    :param release: the release of Nova, and of the libraries of our service;
        None: the newest release of Nova, and our own libraries
    :ivar path: the path of the file that describes the stack
    """

    def __init__(
        self, logs: str, on_stop: Callable[[], None] = lambda: None,
        release: str | None = None,
    ) -> None:
        self.logs = logs
        self.release = release
        self.on_stop = on_stop

    def _setUp(self) -> None:
        directory = tempfile.mkdtemp(prefix='nova-images-compat-')
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.description = description.new(
            directory, self.logs, self.release)
        os.mkdir(self.description.processes)
        self.account = registry.Registry(self.description.processes)
        try:
            venvs.make(
                self.account, self.logs, self.description.release)
            self._start_all()
            self.addCleanup(self.account.close)
            self.addCleanup(self.on_stop)
        except BaseException:
            self.on_stop()
            self.account.close()
            raise
        self.description.pids = self.account.pids()
        self.path = os.path.join(directory, 'stack.json')
        self.description.write(self.path)

    def _start_all(self) -> None:
        ports = self._allot_ports()
        place = self.account, self.description
        self._together(
            lambda: self._use(mariadb.MariaDB(*place)),
            lambda: self._use(memcached.Memcached(*place)))
        self._together(
            lambda: self._start_keystone(ports['keystone']),
            lambda: self._use(nova.Nova(*place, ports['nova'])),
            lambda: self._use(glance.Glance(*place, ports['glance'])),
            lambda: self._start_service(ports['service']))

    def _allot_ports(self) -> dict[str, int]:
        ports = {
            name: process.free_port()
            for name in ('keystone', 'glance', 'nova', 'service')}
        urls = {
            name: f'http://{process.HOST}:{port}'
            for name, port in ports.items()}
        self.description.identity_url = urls['keystone']
        self.description.image_url = urls['glance']
        self.description.nova_url = urls['nova']
        self.description.service_url = urls['service']
        return ports

    def _use(self, fixture: T) -> T:
        try:
            return self.useFixture(fixture)
        except fixtures.MultipleExceptions as error:
            raise running.first_cause(error)

    def _start_keystone(self, port: int) -> None:
        self._use(keystone.Keystone(self.account, self.description, port))
        identity.Identity(self.description).set_up()

    def _start_service(self, port: int) -> None:
        fixture = self._use(
            service.Service(self.account, self.description, port=port))
        self.description.service_config = fixture.config

    def _together(self, *starts: Callable[[], Any]) -> None:
        """Call functions at the same time. If one fails, stop everything."""
        with futures.ThreadPoolExecutor(len(starts)) as pool:
            try:
                for done in futures.as_completed(
                        [pool.submit(start) for start in starts]):
                    done.result()
            except BaseException:
                self.account.close()
                raise
