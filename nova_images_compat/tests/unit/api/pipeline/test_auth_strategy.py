# SPDX-License-Identifier: Apache-2.0

"""Tests of picking the pipeline of an authentication strategy."""

from typing import Any

from nova_images_compat.api.pipeline import auth_strategy
from nova_images_compat.api.pipeline import paste
from nova_images_compat.tests.unit import helpers


class Loader:
    """Makes text of applications and filters."""

    def get_app(self, name: str, global_conf: Any) -> str:
        return name

    def get_filter(self, name: str, global_conf: Any) -> Any:
        return lambda application: f'{name}({application})'


class AuthStrategyTest(helpers.TestCase):

    def _make(self, strategy: str, **pipelines: str) -> Any:
        conf = self.configure({'api': {'auth_strategy': strategy}})
        return auth_strategy.factory(
            Loader(), {paste.CONF_KEY: conf}, **pipelines)

    def test_filters_stand_in_the_order_of_the_pipeline(self) -> None:
        pipelines = {'keystone': 'a b app', 'noauth2': 'app'}
        self.assertEqual('a(b(app))', self._make('keystone', **pipelines))
        self.assertEqual('app', self._make('noauth2', **pipelines))

    def test_strategy_without_a_pipeline(self) -> None:
        error = self.assertRaises(
            LookupError, self._make, 'noauth2', keystone='app')
        self.assertIn('noauth2', str(error))

    def test_empty_pipeline(self) -> None:
        error = self.assertRaises(
            LookupError, self._make, 'noauth2', noauth2=' ')
        self.assertIn('noauth2', str(error))
