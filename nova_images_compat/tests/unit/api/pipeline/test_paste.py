# SPDX-License-Identifier: Apache-2.0

"""Tests of making filters for paste.deploy, and of checking its files."""

import functools

from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception
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


COMPOSITE = functools.partial(dict)


class CheckFileTest(helpers.TestCase):

    def test_sections_of_others(self) -> None:
        paste.check_file(self.write('paste.ini', (
            '[server:http]\nuse = egg:nowhere\n[loggers]\nkeys = root\n'
            f'[composite:main]\npaste.composite_factory = {__name__}:'
            'COMPOSITE\n/ = nowhere\n')))

    def test_what_is_not_there(self) -> None:
        for text in (
                '[composite:main]\nuse = call:nova_images_compat.api.'
                'pipeline.version_map:factory\n/ = nowhere\n',
                '[filter:a]\npaste.filter_factory = nowhere:factory\n',
                '[pipeline:main]\npipeline = nowhere\n'):
            with self.case(text):
                error = self.assertRaises(
                    exception.ConfigurationError, paste.check_file,
                    self.write('paste.ini', text))
                self.assertIn('nowhere', str(error), text)
