# SPDX-License-Identifier: Apache-2.0

"""Tests of the command line."""

import contextlib
import io
import pathlib

from nova_images_compat.tests import base
from nova_images_compat.tests.benchmark import arguments
from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import settings


class ArgumentsTestCase(base.TestCase):

    def test_defaults(self) -> None:
        found = arguments.parse([])
        self.assertEqual(arguments.PARTS, found.parts)
        self.assertEqual(tuple(calls.TITLES), found.requests)
        self.assertEqual(settings.FULL, found.how)
        self.assertEqual('benchmark', found.output.parent.name)

    def test_all_options(self) -> None:
        found = arguments.parse([
            '--quick', '--requests', 'show,delete', '--connections', '1,16',
            '--output', '/tmp/there', 'services'])
        self.assertEqual(('services',), found.parts)
        self.assertEqual(('show', 'delete'), found.requests)
        self.assertEqual((1, 16), found.how.connections)
        self.assertEqual(settings.QUICK.sizes, found.how.sizes)
        self.assertEqual(pathlib.Path('/tmp/there'), found.output)

    def test_lengths(self) -> None:
        for argv, how in (
                ([], settings.FULL), (['--medium'], settings.MEDIUM),
                (['--quick'], settings.QUICK)):
            with self.case(argv):
                self.assertEqual(how, arguments.parse(argv).how)

    def test_invalid_arguments_print_one_line(self) -> None:
        for argv in (['nowhere'], ['--requests', 'show,hide'],
                     ['--connections', '0'], ['--connections', 'x'],
                     ['--fast'], ['--quick', '--medium']):
            with self.case(argv), contextlib.redirect_stderr(
                    io.StringIO()) as stderr:
                error = self.assertRaises(SystemExit, arguments.parse, argv)
                self.assertEqual(1, error.code)
                text = stderr.getvalue()
                self.assertEqual(1, text.count('\n'), text)
                self.assertTrue(text.startswith('benchmark: '), text)
