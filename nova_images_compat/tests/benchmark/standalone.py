# SPDX-License-Identifier: Apache-2.0

"""Our service by itself, without Keystone and Glance."""

import os
import shutil
import tempfile
import uuid

import fixtures
from oslo_config import cfg

from nova_images_compat.conf import reader
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import registry

PROJECT = uuid.UUID(int=1).hex
TOKEN = f'benchmark:{PROJECT}'


class Standalone(fixtures.Fixture):
    """A directory in which servers of a benchmark start.

    :param logs: an existing directory for the logs
    :ivar stack: describes the directory; none of its servers run
    :ivar account: starts the servers
    """

    def __init__(self, logs: str) -> None:
        self._logs = logs

    def _setUp(self) -> None:
        directory = tempfile.mkdtemp(prefix='nova-images-compat-')
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.stack = description.new(directory, self._logs)
        os.mkdir(self.stack.processes)
        self.account = registry.Registry(self.stack.processes)
        self.addCleanup(self.account.close)

    def catalogue_options(
        self, name: str, database_url: str | None = None,
    ) -> configuration.Options:
        """Return the configuration of a service with the catalogue.

        :param name: of the SQLite file
        :param database_url: of another database; None: the SQLite file
        """
        url = database_url or f'sqlite:///{self.stack.directory}/{name}.db'
        return {
            'DEFAULT': {'state_path': self.stack.directory},
            'api': {'image_store': 'catalog', 'auth_strategy': 'noauth2'},
            'database': {'connection': url},
        }

    def write(self, name: str, options: configuration.Options) -> str:
        """Write a configuration file, and return its path."""
        return configuration.write(
            os.path.join(self.stack.directory, f'{name}.conf'), options)


def load(path: str) -> cfg.ConfigOpts:
    """Return the configuration in a file."""
    return reader.load(['--config-file', path], environ={})
