# SPDX-License-Identifier: Apache-2.0

"""Runs our Tempest plugin like an operator."""

import json
import os
from typing import Any

from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration import tempest_run

REGEX = 'images_compat'
AT_LEAST = 66
WORKERS = 4

PACKAGE = 'nova_images_compat.tests.tempest.api'
DEVIATIONS = f'{PACKAGE}.test_deviations.'
SIZE = f'{PACKAGE}.test_image_size'

# Classes that are skipped where everybody sees sizes, and where not.
NEEDS_HIDDEN = {
    f'setUpClass ({SIZE}.HiddenSizeTest)',
    f'setUpClass ({SIZE}.SizeRoleTest)'}
NEEDS_SHOWN = {f'setUpClass ({SIZE}.ShownSizeTest)'}


class TempestPluginTest(tempest_run.TempestTestCase):

    def test_new_users(self) -> None:
        """The run creates its users; the tests run in parallel."""
        self.assertPassed(self.run_plugin('new-users'), NEEDS_HIDDEN)

    def test_given_users(self) -> None:
        """The run has existing users; it runs twice."""
        path = os.path.join(self.directory, 'accounts.yaml')
        with open(path, 'w') as file:
            json.dump([self.account_of(name)
                       for name in ('member', 'other')], file)
        for number in range(2):
            with self.case('run', number):
                self.assertPassed(
                    self.run_plugin(f'given-users-{number}', workers=1, auth={
                        'use_dynamic_credentials': False,
                        'test_accounts_file': path}), NEEDS_HIDDEN)

    def test_hidden_size(self) -> None:
        """The policy of the service hides the sizes of images."""
        path = os.path.join(self.directory, 'policy.yaml')
        with open(path, 'w') as file:
            json.dump({'os_compute_api:image-size': 'role:admin'}, file)
        server = self.useFixture(service.Service(
            self.account, self.stack, 'tempest-hidden-size',
            {'oslo_policy': {'policy_file': path}}))
        region = self.useFixture(identity.Region(
            self.stack, f'tempest-{os.getpid()}', 'compute', 'public',
            f'{server.url}/v2.1')).name
        self.assertPassed(
            self.run_plugin(
                'hidden-size', region=region, size_role='admin'),
            NEEDS_SHOWN)

    def test_nova(self) -> None:
        """The real Nova fails exactly the tests of deviations."""
        outcomes = self.run_plugin(
            'plugin-nova', catalog_type=identity.NOVA_TYPE)
        self.assertEqual(
            {name for name in outcomes if name.startswith(DEVIATIONS)},
            tempest_run.ended(outcomes, 'fail'))
        self.assertGreaterEqual(len(outcomes), AT_LEAST)

    def run_plugin(
        self, name: str, workers: int = WORKERS,
        auth: dict[str, Any] | None = None, **options: Any,
    ) -> dict[str, str]:
        """Run the tests of the plugin.

        :param name: the name of the logs
        :param workers: the number of parallel workers
        :param auth: options of the group ``auth``
        :param options: options of the plugin
        :returns: the status of each test
        """
        outcomes = self.run_tempest(
            name, {'auth': auth or {}, 'images_compat': options},
            [self.venv / 'bin' / 'tempest', 'run',
             '--config-file', tempest_run.CONFIG, '--regex', REGEX,
             '--concurrency', str(workers), '--subunit'])
        self.assertEqual([], self.glance.find_all())
        return outcomes

    def assertPassed(
        self, outcomes: dict[str, str], skipped: set[str],
    ) -> None:
        """Check that enough tests passed, and all others were skipped.

        :param skipped: the skipped classes, as Tempest reports them
        """
        passed = tempest_run.ended(outcomes, 'success')
        not_run = tempest_run.ended(outcomes, 'exists')
        self.assertEqual(
            {name: 'skip' for name in skipped},
            {name: status for name, status in outcomes.items()
             if name not in passed | not_run})
        self.assertEqual(skipped, {
            f'setUpClass ({name.rpartition(".")[0]})' for name in not_run})
        self.assertGreaterEqual(len(passed), AT_LEAST)

    def account_of(self, name: str) -> dict[str, Any]:
        """Return a user in the format of Tempest's accounts file."""
        user = self.stack.users[name]
        return {
            'username': user.name, 'password': user.password,
            'project_name': user.project, 'domain_name': 'Default',
            'roles': list(user.roles)}
