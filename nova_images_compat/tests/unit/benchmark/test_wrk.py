# SPDX-License-Identifier: Apache-2.0

"""Tests of parsing wrk's output."""

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import wrk

OUTPUT = '''\
Running 2m test @ http://127.0.0.1:1
  1 threads and 2 connections
Requests/sec:      2.00

{"requests":4,"duration":2000000,"seconds":1.5,"refused":%d,"connect":0,\
"read":%d,"write":0,"timeout":0,"latency":[[700,3],[900,1]]}
'''


class ParseTestCase(base.TestCase):

    def test_responses(self) -> None:
        run = wrk.parse(OUTPUT % (0, 0), 2)
        self.assertEqual(4, run.requests)
        self.assertEqual(1.5, run.seconds)
        self.assertEqual({700: 3, 900: 1}, run.times)
        self.assertEqual(0, run.errors)

    def test_all_kinds_of_errors_count(self) -> None:
        self.assertEqual(5, wrk.parse(OUTPUT % (2, 3), 2).errors)
