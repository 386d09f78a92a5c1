# SPDX-License-Identifier: Apache-2.0

"""Tests of the upgrade check of the cache; test_status has the others."""

from typing import Any

import fixtures

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests.unit.image.glance import glance_case


class CacheCheckTest(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())

    def checks(
        self, seconds: float = 10, **options: Any,
    ) -> dict[str, image_base.Check]:
        conf = self.configure_glance({
            'api': {'image_cache_time': seconds},
            'cache': options or fake_memcached.OPTIONS})
        return {check.name: check for check in store.GlanceStore.checks(conf)}

    def warning(self, **options: Any) -> str:
        check = self.checks(**options)['Image cache']
        return str(self.assertRaises(exception.CheckWarning, check.run))

    def test_off(self) -> None:
        self.assertNotIn('Image cache', self.checks(0))

    def test_servers(self) -> None:
        self.assertIn('[cache]', self.checks()['Image cache'].run())

    def test_servers_that_fail(self) -> None:
        self.memcached.is_down = True
        self.assertIn('[cache]: it loses what is stored', self.warning())
        self.memcached.error = OSError('refused')
        self.assertIn('[cache]: refused. Without', self.warning())

    def test_slow_servers(self) -> None:
        clock = iter(range(100))
        self.useFixture(fixtures.MockPatch(
            'time.monotonic', side_effect=lambda: next(clock)))
        self.assertIn('took 1.0 seconds', self.warning())

    def test_memory(self) -> None:
        self.assertIn('memory of each process', self.warning(enabled=False))

    def test_invalid_options(self) -> None:
        check = self.checks(enabled=True)['Image cache']
        self.assertRaises(exception.ConfigurationError, check.run)
