# SPDX-License-Identifier: Apache-2.0

"""Tests of Nova's options that values can refer to."""

import socket

import fixtures

from nova_images_compat.conf import paths
from nova_images_compat.tests.unit import helpers


class HostNameTest(helpers.TestCase):

    def test_host_names(self) -> None:
        for name, expected in (
                ('compute-1', 'compute-1'), ('a.example.com', 'a.example.com'),
                ('123456789012', 'localhost'), ('a b', 'localhost'),
                ('', 'localhost'), ('-x', 'localhost')):
            with self.case(name, expected):
                self.useFixture(fixtures.MockPatchObject(
                    socket, 'gethostname', return_value=name))
                self.assertEqual(expected, paths.host_name(), name)
