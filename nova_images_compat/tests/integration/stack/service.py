# SPDX-License-Identifier: Apache-2.0

"""Our service, before the real Glance and Keystone."""

import os
import tempfile

import fixtures

from nova_images_compat.conf import reader
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import uwsgi


def default_options(
    stack: description.Description, state: str,
) -> configuration.Options:
    """Return the configuration that a service has unless it is told.

    :param state: the directory for what it keeps
    """
    return {
        'DEFAULT': {'state_path': state},
        'api': {'image_store': 'glance', 'auth_strategy': 'keystone'},
        'keystone_authtoken': stack.keystone_authtoken(description.OUR_USER),
        'glance': {
            'valid_interfaces': 'public',
            'region_name': description.REGION,
            'timeout': 10},
    }


class Service(fixtures.Fixture):
    """The service under uWSGI, with a configuration of its own.

    :param account: on whose account it runs
    :param stack: the stack that it belongs to
    :param name: is unlike that of any other server
    :param options: take the place of the default ones, by group and name;
        None leaves one out
    :param port: the port; None: one that is free
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str = 'service', options: configuration.Options | None = None,
        port: int | None = None,
    ) -> None:
        self.account = account
        self.stack = stack
        self.name = name
        self.options = options or {}
        self.port = port

    def _setUp(self) -> None:
        directory = tempfile.mkdtemp(
            prefix=f'{self.name}-', dir=self.stack.directory)
        self.config = configuration.write(
            os.path.join(directory, 'nova-images-compat.conf'),
            configuration.merge(
                default_options(self.stack, directory), self.options))
        self.server = self.useFixture(uwsgi.Server(
            self.account, self.name, self.stack.scripts,
            'nova_images_compat.wsgi:application', self.port,
            self.stack.logs, {reader.FILES_VARIABLE: self.config}))
        self.url = self.server.url
