# SPDX-License-Identifier: Apache-2.0

"""Runs Tempest on the stack."""

from collections.abc import Mapping
from collections.abc import Sequence
import io
import os
import pathlib
import subprocess
from typing import Any

import fixtures
import subunit
import testtools

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description

CONFIG = 'tempest.conf'
TIMEOUT = 240


class TempestTestCase(base.IntegrationTestCase):
    """Tests that run Tempest without other images.

    :ivar venv: the directory of its virtual environment
    :ivar directory: its working directory
    """

    def setUp(self) -> None:
        super().setUp()
        self.glance.delete_all()
        self.venv = pathlib.Path(self.stack.venvs['tempest'])
        self.directory = self.useFixture(fixtures.TempDir()).path

    def run_tempest(
        self, name: str, options: configuration.Options,
        command: Sequence[str | pathlib.Path],
    ) -> dict[str, str]:
        """Run tests.

        :param name: the name of the logs
        :param options: options in addition to those of all runs
        :param command: the command, which writes a subunit stream
        :returns: the status of each test
        """
        configuration.write(
            os.path.join(self.directory, CONFIG), configuration.merge(
                self._options(name), options))
        log = os.path.join(self.stack.logs, f'tempest-{name}.log')
        with open(log, 'ab') as output:
            ran = subprocess.run(
                command, cwd=self.directory, stdin=subprocess.DEVNULL,
                timeout=TIMEOUT, stdout=subprocess.PIPE, stderr=output,
                env={'PATH': os.environ['PATH'],
                     'PYTHONDONTWRITEBYTECODE': '1',
                     'TEMPEST_CONFIG_DIR': self.directory,
                     'TEMPEST_CONFIG': CONFIG})
        return _outcomes(ran.stdout, log)

    def _options(self, name: str) -> configuration.Options:
        admin = self.stack.users['admin']
        return {
            'DEFAULT': {
                'log_dir': self.stack.logs,
                'log_file': f'tempest-{name}-debug.log'},
            'oslo_concurrency': {'lock_path': self.directory},
            'auth': {
                'admin_username': admin.name,
                'admin_password': admin.password,
                'admin_project_name': admin.project,
                'admin_domain_name': 'Default',
                'create_isolated_networks': False},
            'identity': {
                'uri_v3': self.stack.auth_url,
                'auth_version': 'v3',
                'region': description.REGION},
            'service_available': {
                'cinder': False, 'neutron': False, 'swift': False,
                'glance': True, 'nova': True},
        }


def ended(outcomes: Mapping[str, str], status: str) -> set[str]:
    """Return the names of the tests with a status."""
    return {name for name in outcomes if outcomes[name] == status}


def _outcomes(stream: bytes, log: str) -> dict[str, str]:
    outcomes: dict[str, str] = {}

    def record(test: Mapping[str, Any]) -> None:
        outcomes[test['id']] = test['status']
        if test['status'] == 'fail':
            with open(log, 'a') as file:
                for name, detail in test['details'].items():
                    file.write(
                        f'{test["id"]}: {name}:\n{detail.as_text()}\n')

    result = testtools.StreamToDict(record)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(
        io.BytesIO(stream), non_subunit_name='output').run(result)
    result.stopTestRun()
    outcomes.pop('output', None)
    return outcomes
