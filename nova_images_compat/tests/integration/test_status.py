# SPDX-License-Identifier: Apache-2.0

"""nova-images-compat-status with the real services."""

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import statuses


class StatusTest(base.IntegrationTestCase):

    def _check(self, more: str) -> statuses.Status:
        return statuses.check(self.stack.service_config, more)

    def test_everything_works(self) -> None:
        status = self._check(
            '[coordination]\nbackend_url = file://$state_path/locks\n')
        self.assertEqual(
            (statuses.SUCCESS, {statuses.SUCCESS}),
            (status.code, status.codes), str(status))

    def test_what_does_not_work(self) -> None:
        for more, failing in (
                ('[glance]\nendpoint_override = http://127.0.0.1:1\n',
                 {'Image store', 'Image service'}),
                ('[keystone_authtoken]\npassword = wrong\n',
                 {'Identity service', 'Image store', 'Image service'}),
                ('[coordination]\nbackend_url = redis://127.0.0.1:1\n'
                 'lock_timeout = 1\n', {'Locks'})):
            with self.case(more):
                status = self._check(more)
                self.assertEqual(
                    (statuses.FAILURE, failing),
                    (status.code, status.failures.keys()), str(status))
