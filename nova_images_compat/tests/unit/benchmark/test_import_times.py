# SPDX-License-Identifier: Apache-2.0

"""Tests of parsing import times."""

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import import_times

TEXT = '''\
import time: self [us] | cumulative | imported package
import time:       150 |        150 |   _io
2026-11-23 17:00:00 WARNING something else
import time:      1000 |       1150 | io
'''


class ParseTestCase(base.TestCase):

    def test_modules(self) -> None:
        self.assertEqual(
            [import_times.ImportTime('_io', 0.15, 0.15),
             import_times.ImportTime('io', 1.0, 1.15)],
            import_times.parse(TEXT))
