# SPDX-License-Identifier: Apache-2.0

"""Tests of the order of the filters."""

import configparser

from nova_images_compat.api import app
from nova_images_compat.api import guest
from nova_images_compat.api.pipeline import order
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

    def test_the_guest_has_filters_of_this_order(self) -> None:
        self.assertLess(set(guest.FACTORIES), set(order.FILTERS))
