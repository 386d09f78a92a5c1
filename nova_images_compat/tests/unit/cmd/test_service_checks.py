# SPDX-License-Identifier: Apache-2.0

"""Tests of the order of the upgrade checks, with stores of other packages."""

import fixtures

from nova_images_compat.cmd import service_checks
from nova_images_compat.image import base as image_base
from nova_images_compat.image import loader
from nova_images_compat.tests.unit import helpers


class OrderTest(helpers.TestCase):

    def find(self, *names: str) -> dict[str, image_base.Check]:
        """Return the checks of a configuration whose store has these."""
        class Store(image_base.ImageStore):
            @classmethod
            def checks(cls, conf: object) -> tuple[image_base.Check, ...]:
                return tuple(
                    image_base.Check(name, lambda: 'ok') for name in names)

        self.useFixture(fixtures.MockPatchObject(
            loader, 'load_class', lambda conf: Store))
        conf = self.configure({'api': {'image_store': 'other'}})
        return {check.name: check for check in service_checks.find(conf)}

    def test_store_without_checks(self) -> None:
        checks = self.find()
        self.assertEqual(list(service_checks.ORDER), list(checks))
        for name in ('Image service', 'Locks'):
            with self.case(name):
                self.assertEqual('Skipped: [api] image_store is "other".',
                                 checks[name].run())

    def test_checks_that_only_this_store_has(self) -> None:
        checks = self.find('Space', 'Locks', 'Speed')
        self.assertEqual(
            ['Configuration', 'Identity service', 'Image store', 'Space',
             'Speed', 'Image service', 'Counts of calls', 'Locks', 'Policy'],
            list(checks))
        self.assertEqual('ok', checks['Locks'].run())
