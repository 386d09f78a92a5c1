# SPDX-License-Identifier: Apache-2.0

"""Tests of selecting the pipeline of an authentication strategy."""

from typing import Any

from nova_images_compat.api.pipeline import auth_strategy
from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


PASTE = '''
[filter:a]
paste.filter_factory = {module}:make_filter
name = a
[filter:b]
paste.filter_factory = {module}:make_filter
name = b
[app:app]
paste.app_factory = {module}:make_app
'''


def make_app(global_conf: Any, **options: str) -> str:
    """Make text of an application."""
    return 'app'


def make_filter(global_conf: Any, name: str) -> Any:
    """Make text of a filter in front of an application."""
    return lambda application: f'{name}({application})'


class AuthStrategyTest(helpers.TestCase):

    def _make(self, strategy: str, **pipelines: str) -> Any:
        conf = self.configure({'api': {'auth_strategy': strategy}})
        return auth_strategy.factory(
            paste.open_file(self.write(
                'paste.ini', PASTE.format(module=__name__))),
            {paste.CONF_KEY: conf}, **pipelines)

    def test_filters_stand_in_the_order_of_the_pipeline(self) -> None:
        pipelines = {'keystone': 'a b app', 'noauth2': 'app'}
        self.assertEqual('a(b(app))', self._make('keystone', **pipelines))
        self.assertEqual('app', self._make('noauth2', **pipelines))

    def test_what_the_file_does_not_have(self) -> None:
        for pipeline in ('c app', 'a c'):
            with self.case(pipeline):
                error = self.assertRaises(
                    exception.ConfigurationError, self._make, 'noauth2',
                    noauth2=pipeline)
                self.assertIn("'c'", str(error), pipeline)
                self.assertIn('paste.ini', str(error), pipeline)

    def test_strategy_without_a_pipeline(self) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, self._make, 'noauth2',
            keystone='app')
        self.assertIn('noauth2', str(error))

    def test_empty_pipeline(self) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, self._make, 'noauth2', noauth2=' ')
        self.assertIn('noauth2', str(error))
