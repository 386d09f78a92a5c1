# SPDX-License-Identifier: Apache-2.0

"""A real Keystone."""

from collections.abc import Sequence
import os

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests.integration.stack import venvs


class Keystone(component.OpenStackService):
    """Keystone, with the user "admin" and its own endpoints."""

    def _setUp(self) -> None:
        self.config = config_path(self.stack)
        directory = os.path.dirname(self.config)
        os.mkdir(directory)
        configuration.write(self.config, self._options(directory))
        self._manage('fernet_setup', *self._owner())
        self._manage('db_sync')
        self._bootstrap()
        self.server = self.useFixture(server(
            self.account, self.stack, 'keystone', [self.config], self.port))

    def _options(self, directory: str) -> configuration.Options:
        return {
            'DEFAULT': {'use_stderr': True},
            'database': {
                'connection': self.stack.database_url('keystone')},
            'cache': {
                'enabled': True,
                'backend': 'dogpile.cache.memcached',
                'memcache_servers': self.stack.memcached},
            'identity': {'password_hash_rounds': 4},
            # A server with TLS may stand in front of it.
            'oslo_middleware': {'enable_proxy_headers_parsing': True},
            'fernet_tokens': {
                'key_repository': os.path.join(directory, 'fernet-keys')},
            'fernet_receipts': {
                'key_repository': os.path.join(directory, 'fernet-keys')},
        }

    def _bootstrap(self) -> None:
        admin = self.stack.users['admin']
        self._manage(
            'bootstrap', '--bootstrap-username', admin.name,
            '--bootstrap-project-name', admin.project,
            '--bootstrap-region-id', description.REGION,
            '--bootstrap-admin-url', self.stack.auth_url,
            '--bootstrap-internal-url', self.stack.auth_url,
            '--bootstrap-public-url', self.stack.auth_url,
            environment={'OS_BOOTSTRAP_PASSWORD': admin.password})

    def _manage(
        self, *arguments: str, environment: dict[str, str] | None = None,
    ) -> None:
        self.account.run(
            f'keystone-manage {arguments[0]}',
            [venvs.program('keystone', 'keystone-manage'),
             '--config-file', self.config, *arguments],
            os.path.join(self.stack.logs, 'keystone-manage.log'),
            environment)

    @staticmethod
    def _owner() -> list[str]:
        if os.getuid():
            return []
        return ['--keystone-user', 'root', '--keystone-group', 'root']


def config_path(stack: description.Description) -> str:
    """Return the path of Keystone's configuration."""
    return os.path.join(stack.directory, 'keystone', 'keystone.conf')


def server(
    account: registry.Registry, stack: description.Description, name: str,
    configs: Sequence[str], port: int | None = None,
) -> uwsgi.Server:
    """Return a server on Keystone's database and keys.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param configs: the paths of its configuration files; later ones override
        earlier ones
    :param port: the port; None: a free one
    """
    return uwsgi.Server(
        account, name, venvs.program('keystone', ''),
        'keystone.wsgi.api:application', port, stack.logs,
        {'OS_KEYSTONE_CONFIG_FILES': ';'.join(configs)})
