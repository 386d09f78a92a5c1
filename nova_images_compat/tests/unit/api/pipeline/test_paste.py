# SPDX-License-Identifier: Apache-2.0

"""Tests of filters for paste.deploy, and of the check of its files."""

import functools
from typing import Any

from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


class FilterFactoryTest(helpers.TestCase):

    def test_filter_has_the_application_and_its_configuration(self) -> None:
        made_of: list[Any] = []

        def make(application: Any, conf: Any) -> Any:
            made_of.append((application, conf))
            return application

        factory = paste.filter_factory(make)
        first, second = self.configure(), self.configure()
        filters = [
            factory({paste.CONF_KEY: conf, 'other': 1}, local='x')
            for conf in (first, second)]
        application = helpers.Endpoint()
        made = [make_filter(application) for make_filter in filters]
        self.assertEqual([application, application], made)
        self.assertEqual(
            [(application, first), (application, second)], made_of)

    def test_configuration_is_where_keystonemiddleware_looks(self) -> None:
        self.assertEqual('oslo_config_config', paste.CONF_KEY)


COMPOSITE: Any = functools.partial(dict)


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
