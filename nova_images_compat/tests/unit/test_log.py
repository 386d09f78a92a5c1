# SPDX-License-Identifier: Apache-2.0

"""Tests of loggers whose messages are one line each."""

import logging
from logging import handlers
import subprocess
from typing import Any
from unittest import mock

import fixtures

from nova_images_compat import log
from nova_images_compat.tests.unit import helpers

NAME = 'nova_images_compat.tests.of_the_log'


class LogTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.lines = self.log_lines(
            self.configure(), name=NAME, level=logging.DEBUG)
        self.log = log.getLogger(NAME)

    def _logged(self, message: Any, *arguments: Any) -> str:
        self.lines.clear()
        self.log.debug(message, *arguments)
        [line] = self.lines
        return line

    def test_what_cannot_be_printed_is_escaped(self) -> None:
        for text, escaped in (
                ('a\nFORGED', 'a\\nFORGED'), ('\r\n', '\\r\\n'),
                ('\0\t\x1b[31m\x7f', '\\x00\\t\\x1b[31m\\x7f'),
                ('\x85\x9b', '\\x85\\x9b'),
                ('\u2028\u2029', '\\u2028\\u2029'),
                ('\u202e\ufeff', '\\u202e\\ufeff'),
                ('\ud800', '\\ud800')):
            with self.case(escaped):
                for line in (
                        self._logged('of %s', text),
                        self._logged('of %(name)s', {'name': text}),
                        self._logged('of %s', ValueError(text)),
                        self._logged(f'of {text}')):
                    with self.case(line):
                        self.assertIn(f'of {escaped}', line)
                        self.assertTrue(line.isprintable(), line)

    def test_other_text_stays(self) -> None:
        for text in ('plain', 'зображення ✓ 💾', 'back\\slash', '%', ''):
            with self.case(text):
                self.assertIn(f'of {text}', self._logged('of %s', text))

    def test_arguments_stay_where_nothing_is_escaped(self) -> None:
        handler = handlers.BufferingHandler(2)
        self.log.logger.addHandler(handler)
        self.addCleanup(self.log.logger.removeHandler, handler)
        self.log.warning('of %s', 'x')
        [record] = handler.buffer
        self.assertEqual(('of %s', ('x',)), (record.msg, record.args))

    def test_is_made_once(self) -> None:
        for _ in range(3):
            log.getLogger(NAME)
        self.assertEqual([log.ONE_LINE], self.log.logger.filters)

    def test_lines_of_a_traceback_are_marked(self) -> None:
        try:
            try:
                raise KeyError('cause')
            except KeyError as error:
                raise subprocess.SubprocessError('x\nFORGED') from error
        except subprocess.SubprocessError:
            self.log.exception('of')
        [text] = self.lines
        for line in text.splitlines():
            with self.case(line):
                self.assertIn(f'ERROR {NAME}', line)
        self.assertIn('subprocess.SubprocessError: x\\nFORGED', text)
        self.assertIn("KeyError: 'cause'", text)


class UnwrittenTest(helpers.TestCase):

    def test_one_line_for_many(self) -> None:
        handler = logging.StreamHandler(
            mock.Mock(write=mock.Mock(side_effect=OSError(28, 'is full'))))
        self.useFixture(fixtures.LogHandler(handler))
        log.report_unwritten_lines()
        stderr = self.useFixture(
            fixtures.StringStream('stderr')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', stderr))
        logger = logging.getLogger('any')
        for number in range(5):
            logger.error('lost %d', number)
        stderr.seek(0)
        self.assertEqual(
            'nova-images-compat: lines of the log are lost: '
            '[Errno 28] is full\n', stderr.read())

    def test_wrong_call(self) -> None:
        """Python's own report shows where it is."""
        handler = logging.StreamHandler(mock.Mock())
        self.useFixture(fixtures.LogHandler(handler))
        log.report_unwritten_lines()
        stderr = self.useFixture(
            fixtures.StringStream('stderr')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', stderr))
        logging.getLogger('any').error('%d', 'text')
        stderr.seek(0)
        self.assertIn(__file__, stderr.read())
