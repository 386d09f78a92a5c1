# SPDX-License-Identifier: Apache-2.0

"""Tests of making filters for paste.deploy."""

from nova_images_compat.api.pipeline import paste
from nova_images_compat.tests.unit import helpers


class FilterFactoryTest(helpers.TestCase):

    def test_filter_has_the_application_and_its_configuration(self) -> None:
        factory = paste.filter_factory(lambda *made_of: made_of)
        first, second = self.configure(), self.configure()
        filters = [
            factory({paste.CONF_KEY: conf, 'other': 1}, local='x')
            for conf in (first, second)]
        self.assertEqual(('app', first), filters[0]('app'))
        self.assertEqual(('app', second), filters[1]('app'))

    def test_configuration_is_where_keystonemiddleware_looks(self) -> None:
        self.assertEqual('oslo_config_config', paste.CONF_KEY)
