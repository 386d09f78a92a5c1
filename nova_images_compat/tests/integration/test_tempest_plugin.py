# SPDX-License-Identifier: Apache-2.0

"""Our Tempest plugin, run as an operator runs it."""

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

# What is skipped where everybody sees sizes, and where not.
NEEDS_HIDDEN = {
    f'setUpClass ({SIZE}.HiddenSizeTest)',
    f'setUpClass ({SIZE}.SizeRoleTest)'}
NEEDS_SHOWN = {f'setUpClass ({SIZE}.ShownSizeTest)'}


class TempestPluginTest(tempest_run.TempestTestCase):

    def test_new_users(self) -> None:
        """Users made for the run, in parallel."""
        self.assertPassed(self.run_plugin('new-users'), NEEDS_HIDDEN)

    def test_given_users(self) -> None:
        """Users that there are, twice."""
        path = os.path.join(self.directory, 'accounts.yaml')
        with open(path, 'w') as file:
            json.dump([self.account_of(name)
                       for name in ('member', 'other')], file)
        for number in range(2):
            with self.case(number):
                self.assertPassed(
                    self.run_plugin(f'given-users-{number}', workers=1, auth={
                        'use_dynamic_credentials': False,
                        'test_accounts_file': path}), NEEDS_HIDDEN)

    def test_hidden_size(self) -> None:
        """A service whose policy hides the sizes of images."""
        path = os.path.join(self.directory, 'policy.yaml')
        with open(path, 'w') as file:
            json.dump({'os_compute_api:image-size': 'role:admin'}, file)
        server = self.useFixture(service.Service(
            self.account, self.stack, 'tempest-hidden-size',
            {'oslo_policy': {'policy_file': path}}))
        region = self.make_region(f'{server.url}/v2.1')
        self.assertPassed(
            self.run_plugin(
                'hidden-size', region=region, size_role='admin'),
            NEEDS_SHOWN)

    def test_nova(self) -> None:
        """The real Nova fails the tests of deviations, and only these."""
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
        """Run the plugin's tests, and return how each ended.

        :param auth: options of the group ``auth``
        :param options: of the plugin
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
        """Check that enough tests passed, and what did not was skipped.

        :param skipped: the classes, as Tempest reports them
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
        """Return a user as Tempest's file of accounts has it."""
        user = self.stack.users[name]
        return {
            'username': user.name, 'password': user.password,
            'project_name': user.project, 'domain_name': 'Default',
            'roles': list(user.roles)}

    def make_region(self, url: str) -> str:
        """Make a region in which a compute endpoint is at a URL."""
        admin = identity.connect(self.stack, 'admin')
        root = self.stack.auth_url
        region = f'tempest-{os.getpid()}'
        admin.post(f'{root}/regions', json={'region': {'id': region}})
        self.addCleanup(admin.delete, f'{root}/regions/{region}')
        [compute] = admin.get(
            f'{root}/services?type=compute').json()['services']
        endpoint = admin.post(f'{root}/endpoints', json={'endpoint': {
            'service_id': compute['id'], 'interface': 'public',
            'region_id': region, 'url': url}}).json()['endpoint']
        self.addCleanup(
            admin.delete, f'{root}/endpoints/{endpoint["id"]}')
        return region
