# SPDX-License-Identifier: Apache-2.0

"""nova-images-compat-status with the real services."""

import json
import os
import subprocess
import sysconfig
import tempfile

from nova_images_compat.tests.integration import base

COMMAND = os.path.join(
    sysconfig.get_path('scripts'), 'nova-images-compat-status')
SUCCESS, FAILURE = 0, 2


class StatusTest(base.IntegrationTestCase):

    def _check(self, more: str = '') -> tuple[int, dict[str, int]]:
        """Return the exit status, and the result of each check."""
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
            file.write(more)
            file.flush()
            done = subprocess.run(
                [COMMAND, '--config-file', self.stack.service_config,
                 '--config-file', file.name, 'upgrade', 'check', '--json'],
                stdout=subprocess.PIPE, timeout=120, text=True, check=False)
        return done.returncode, {
            check['check']: check['result']
            for check in json.loads(done.stdout)['checks']}

    def test_everything_works(self) -> None:
        status, results = self._check(
            '[coordination]\nbackend_url = file://$state_path/locks\n')
        self.assertEqual(
            (SUCCESS, {SUCCESS}), (status, set(results.values())),
            str(results))

    def test_what_does_not_work(self) -> None:
        for more, failing in (
                ('[glance]\nendpoint_override = http://127.0.0.1:1\n',
                 {'Image store', 'Image service'}),
                ('[keystone_authtoken]\npassword = wrong\n',
                 {'Identity service', 'Image store', 'Image service'}),
                ('[coordination]\nbackend_url = redis://127.0.0.1:1\n'
                 'lock_timeout = 1\n', {'Locks'})):
            with self.case(more):
                status, results = self._check(more)
                self.assertEqual((FAILURE, failing), (status, {
                    name for name, result in results.items()
                    if result == FAILURE}), str(results))
