# SPDX-License-Identifier: Apache-2.0

"""Tests of the order of the filters."""

import configparser
import importlib
from unittest import mock

from nova_images_compat.api import app
from nova_images_compat.api import guest
from nova_images_compat.api.pipeline import order
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.tests.unit import helpers


class OrderTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.file = configparser.ConfigParser()
        self.file.read(app.paste_file(self.configure()))

    def test_the_paste_file_has_this_order(self) -> None:
        every_request = self.file['pipeline:main']['pipeline'].split()[:-1]
        strategies = self.file['composite:images_api']
        for strategy, other in (('keystone', 'noauth'),
                                ('noauth2', 'keystone')):
            with self.case(strategy):
                images_api = strategies[strategy].split()[:-1]
                self.assertEqual(
                    [name for name in order.FILTERS if name != other],
                    every_request + images_api)

    def test_every_filter_has_a_section(self) -> None:
        for name in order.FILTERS:
            with self.case(name):
                self.assertIn(f'filter:{name}', self.file)

    def test_the_guest_has_filters_of_the_same_names(self) -> None:
        self.assertEqual(set(guest.FACTORIES), set(order.GUEST_FILTERS))
        for name, factory in guest.FACTORIES.items():
            with self.case(name):
                section = self.file[f'filter:{name}']
                module, _, _ = section['paste.filter_factory'].partition(':')
                self.assertIs(
                    importlib.import_module(module).factory, factory)

    def test_unexpected_errors_of_the_guest_are_deprecated_too(self) -> None:
        conf = self.configure({'api': {'deprecation_headers': True}})
        answer = helpers.blank('/images', {
            'HTTP_X_USER_ID': 'member',
            wsgi.ENV_REQUEST_ID: 'req-1',
            request_context.ENV_TOKEN_AUTH: mock.Mock(has_user_token=True),
        }).get_response(guest.Guest(
            conf, mock.Mock(), helpers.Endpoint(error=RuntimeError('bug'))))
        self.assertEqual(500, answer.status_int)
        self.assertIn('Deprecation', answer.headers)
