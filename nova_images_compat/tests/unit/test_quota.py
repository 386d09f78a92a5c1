# SPDX-License-Identifier: Apache-2.0

"""Tests of the limit on an image's metadata."""

from nova_images_compat import exception
from nova_images_compat import quota
from nova_images_compat.tests.unit import helpers


class MetadataQuotaTest(helpers.TestCase):

    def test_limit_is_the_most_that_passes(self) -> None:
        for limit in (0, 1, 128):
            with self.case(limit):
                checked = quota.MetadataQuota(
                    self.configure({'quota': {'metadata_items': limit}}))
                checked.check(limit)
                self.assertRaises(
                    exception.MetadataLimitExceeded, checked.check, limit + 1)

    def test_unlimited(self) -> None:
        unlimited = quota.MetadataQuota(
            self.configure({'quota': {'metadata_items': -1}}))
        unlimited.check(10 ** 9)

    def test_drivers_without_a_limit(self) -> None:
        for name in ('NoopQuotaDriver', 'UnifiedLimitsDriver'):
            quota.MetadataQuota(self.configure({'quota': {
                'metadata_items': 0, 'driver': f'nova.quota.{name}',
            }})).check(10 ** 9)

    def test_default(self) -> None:
        default = quota.MetadataQuota(self.configure())
        default.check(128)
        self.assertRaises(
            exception.MetadataLimitExceeded, default.check, 129)
