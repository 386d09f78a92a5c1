# SPDX-License-Identifier: Apache-2.0

"""Tests of how commands end."""

import io

import fixtures

from nova_images_compat.cmd import common
from nova_images_compat import exception
from nova_images_compat.tests import base


class ReportsErrorsTest(base.TestCase):

    def _end(self, error: BaseException | None) -> int | None:
        @common.reports_errors
        def main(*arguments: str) -> int:
            self.arguments = arguments
            if error:
                raise error
            return 7

        self.errors = self.useFixture(fixtures.StringStream('errors')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.errors))
        return main('a', 'b')

    def _said(self) -> str:
        self.errors.seek(0)
        return self.errors.read()

    def test_a_command_that_works(self) -> None:
        self.assertEqual(7, self._end(None))
        self.assertEqual((('a', 'b'), ''), (self.arguments, self._said()))

    def test_errors_of_the_operators_are_one_line(self) -> None:
        for error in (
                exception.ConfigurationError('one\ntwo'),
                exception.DatabaseNotReady('one two')):
            with self.case(error):
                self.assertEqual(1, self._end(error))
                self.assertEqual(
                    'nova-images-compat: one two\n', self._said())

    def test_interrupted(self) -> None:
        self.assertEqual(130, self._end(KeyboardInterrupt()))
        self.assertEqual('', self._said())

    def test_nobody_reads_on(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', io.StringIO()))
        self.assertEqual(0, self._end(BrokenPipeError()))
        self.assertEqual('', self._said())

    def test_output_that_cannot_be_written(self) -> None:
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', io.StringIO()))
        self.assertEqual(1, self._end(OSError(28, 'No space left on device')))
        self.assertIn('No space left on device', self._said())

    def test_mistakes_of_ours_have_their_traceback(self) -> None:
        self.assertRaises(RuntimeError, self._end, RuntimeError())
