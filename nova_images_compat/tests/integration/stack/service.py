# SPDX-License-Identifier: Apache-2.0

"""Our service, on the real Glance and Keystone."""

import os
import tempfile

from nova_images_compat.conf import reader
from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import uwsgi


def default_options(
    stack: description.Description, state: str,
) -> configuration.Options:
    """Return the default configuration of a service.

    :param state: its state directory
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


class Service(component.Component):
    """The service under uWSGI, with its own configuration.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param options: replace the default ones, by group and name; None removes
        an option
    :param port: the port; None: a free one
    :ivar config: the path of its configuration
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str = 'service', options: configuration.Options | None = None,
        port: int | None = None,
    ) -> None:
        super().__init__(account, stack)
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
        self.server = self.useFixture(server(
            self.account, self.stack, self.name, self.config, self.port))
        self.url = self.server.url


def server(
    account: registry.Registry, stack: description.Description, name: str,
    config: str, port: int | None = None,
) -> uwsgi.Server:
    """Return a server of the service.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param config: the path of its configuration
    :param port: the port; None: a free one
    """
    return uwsgi.Server(
        account, name, stack.scripts, 'nova_images_compat.wsgi:application',
        port, stack.logs, {reader.FILES_VARIABLE: config})
