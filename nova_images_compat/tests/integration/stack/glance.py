# SPDX-License-Identifier: Apache-2.0

"""A real Glance, with one or more servers."""

import json
import os
import shutil
from typing import Any

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests.integration.stack import venvs


SCHEMA_FILE = 'schema-image.json'
UUID = '-'.join(f'([0-9a-fA-F]){{{count}}}' for count in (8, 4, 4, 4, 12))

# Like the file that DevStack installs: Glance's source has it
# (etc/schema-image.json), its package does not.
SCHEMA: dict[str, dict[str, Any]] = {
    name: {'type': ['null', 'string'], 'pattern': f'^{UUID}$',
           'description': f'A {name}.'}
    for name in ('kernel_id', 'ramdisk_id')}


class Glance(component.OpenStackService):
    """Glance's database, storage and configuration, and one server."""

    def _setUp(self) -> None:
        self.directory = os.path.join(self.stack.directory, 'glance')
        for name in ('images', 'staging', 'tasks', 'config'):
            os.makedirs(os.path.join(self.directory, name))
        self.stack.glance_config = os.path.join(self.directory, 'config')
        config = configuration.write(
            os.path.join(self.stack.glance_config, 'glance-api.conf'),
            self._options())
        shutil.copy(
            os.path.join(
                venvs.path('glance'), 'etc/glance/glance-api-paste.ini'),
            self.stack.glance_config)
        with open(os.path.join(
                self.stack.glance_config, SCHEMA_FILE), 'w') as file:
            json.dump(SCHEMA, file)
        self.account.run(
            'glance-manage',
            [venvs.program('glance', 'glance-manage'),
             '--config-file', config, 'db_sync'],
            os.path.join(self.stack.logs, 'glance-manage.log'))
        self.server = self.useFixture(
            server(self.account, self.stack, 'glance', self.port))

    def _options(self) -> configuration.Options:
        return {
            'DEFAULT': {
                'use_stderr': True,
                'enabled_backends': 'file:file',
                'enabled_import_methods': '[glance-direct]',
                'public_endpoint': self.stack.image_url,
            },
            'database': {'connection': self.stack.database_url('glance')},
            'keystone_authtoken': self.stack.keystone_authtoken('glance'),
            'paste_deploy': {'flavor': 'keystone'},
            'glance_store': {'default_backend': 'file'},
            'file': self._storage('images'),
            'os_glance_staging_store': self._storage('staging'),
            'os_glance_tasks_store': self._storage('tasks'),
            'task': {'work_dir': os.path.join(self.directory, 'tasks')},
            'oslo_concurrency': {
                'lock_path': os.path.join(self.directory, 'locks')},
        }

    def _storage(self, name: str) -> dict[str, str]:
        return {
            'filesystem_store_datadir': os.path.join(self.directory, name)}


def server(
    account: registry.Registry, stack: description.Description, name: str,
    port: int | None = None,
) -> uwsgi.Server:
    """Return a server on Glance's database and storage.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param port: the port; None: a free one
    """
    return uwsgi.Server(
        account, name, venvs.program('glance', ''),
        'glance.wsgi.api:application', port, stack.logs,
        {'OS_GLANCE_CONFIG_DIR': stack.glance_config})
