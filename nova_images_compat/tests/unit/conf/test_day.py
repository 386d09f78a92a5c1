# SPDX-License-Identifier: Apache-2.0

"""Tests of the types of options."""

import datetime

from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


class DayTest(helpers.TestCase):

    def test_day(self) -> None:
        conf = self.load_text('[api]\nsunset = 2027-12-31\n')
        self.assertEqual(datetime.date(2027, 12, 31), conf.api.sunset)

    def test_unset(self) -> None:
        self.assertIsNone(self.load_text('').api.sunset)

    def test_what_is_no_day(self) -> None:
        for value in ('tomorrow', '2027-02-30', '31.12.2027', '20271231',
                      '2027-W01-1'):
            with self.case(value):
                error = self.assertRaises(
                    exception.ConfigurationError, self.load_text,
                    f'[api]\nsunset = {value}\n')
                self.assertIn('[api] sunset', str(error))
                self.assertIn(value, str(error))
