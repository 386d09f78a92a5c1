# SPDX-License-Identifier: Apache-2.0

"""Tempest's own tests that pass with Nova pass with our service."""

from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration import tempest_run

TESTS = 'tempest/api/compute/images'

# The number of tests that pass with a Nova 34 without compute hosts.
AT_LEAST = 20


class TempestTest(tempest_run.TempestTestCase):

    def setUp(self) -> None:
        super().setUp()
        ids = self.glance.create_all([
            {'as': name, 'name': name, 'visibility': 'public'}
            for name in ('ref', 'alt')])
        self.image_ref, self.image_ref_alt = ids['ref'], ids['alt']

    def test_what_passes_with_nova(self) -> None:
        nova = self.run_tests(identity.NOVA_TYPE)
        passed = tempest_run.ended(nova, 'success')
        self.assertGreaterEqual(len(passed), AT_LEAST, nova)
        ours = self.run_tests('compute')
        self.assertEqual(
            {name: 'success' for name in passed},
            {name: ours.get(name, 'missing') for name in passed})
        self.assertNotIn('fail', ours.values())

    def run_tests(self, catalog_type: str) -> dict[str, str]:
        """Run Tempest's tests of images.

        :param catalog_type: the type of the tested service
        :returns: the status of each test
        """
        top = next(self.venv.glob('lib/python*/site-packages'))
        options: configuration.Options = {
            'compute': {
                'catalog_type': catalog_type,
                'region': description.REGION,
                'image_ref': self.image_ref,
                'image_ref_alt': self.image_ref_alt},
            'compute-feature-enabled': {'snapshot': False}}
        return self.run_tempest(
            catalog_type, options,
            [self.venv / 'bin' / 'python', '-m', 'subunit.run', 'discover',
             '-s', top / TESTS, '-t', top])
