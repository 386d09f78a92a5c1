# SPDX-License-Identifier: Apache-2.0

"""Loggers that write each message as one line, even if it quotes text of a
caller or another service; and what happens if a line cannot be written."""

from collections.abc import Callable
import contextlib
import logging as python_logging
import sys
import time
from typing import Any

from oslo_log import log as logging


class OneLine(python_logging.Filter):
    """Escapes the unprintable characters of a logger's messages.

    It is a filter of the logger, not of a handler: inside another service's
    process the handlers belong to that service.
    """

    def filter(self, record: python_logging.LogRecord) -> bool:
        message = record.getMessage()
        if not message.isprintable():
            record.msg, record.args = one_line(message), None
        if record.exc_info and record.exc_info[1] is not None:
            # oslo.log appends the text of the error to the message.
            error = _one_line_error(record.exc_info[1])
            record.exc_info = (type(error), error, record.exc_info[2])
        return True


ONE_LINE = OneLine()

# Seconds between two reports that lines of the log are lost.
REPORT_INTERVAL = 60.0


class Unwritten:
    """Reports on the standard error that a handler cannot write, for example
    because the disk is full.

    Python's own report is a traceback for each line of the log.

    :param report: reports a call of a logger that is wrong
    """

    def __init__(
        self, report: Callable[[python_logging.LogRecord], None],
    ) -> None:
        self._report = report
        self._silent_until = 0.0

    def __call__(self, record: python_logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self._report(record)
            return
        now = time.monotonic()
        if now < self._silent_until:
            return
        self._silent_until = now + REPORT_INTERVAL
        with contextlib.suppress(OSError):
            print('nova-images-compat: lines of the log are lost: '
                  f'{error}', file=sys.stderr, flush=True)


def report_unwritten_lines() -> None:
    """Have the handlers of the root logger report with ``Unwritten``."""
    for handler in python_logging.getLogger().handlers:
        setattr(handler, 'handleError', Unwritten(handler.handleError))


def getLogger(name: str) -> 'python_logging.LoggerAdapter[Any]':
    """Return the logger of a module, whose messages are one line each.

    A traceback keeps its lines: oslo.log begins each of them with
    ``[DEFAULT] logging_exception_prefix``.

    :param name: the module's name
    """
    adapter = logging.getLogger(name)
    adapter.logger.addFilter(ONE_LINE)
    return adapter


def one_line(text: str) -> str:
    """Return a text with its unprintable characters, such as newlines and
    other control characters, escaped as in Python.
    """
    if text.isprintable():
        return text
    return ''.join(
        character if character.isprintable()
        else character.encode('unicode_escape').decode('ascii')
        for character in text)


def _one_line_error(error: BaseException) -> BaseException:
    """Return an error of the same name whose text is one line."""
    text = str(error)
    if text.isprintable():
        return error
    kind = type(error)
    copy = type(kind.__name__, (Exception,), {
        '__module__': kind.__module__, '__qualname__': kind.__qualname__,
    })(one_line(text))
    copy.__cause__, copy.__context__ = error.__cause__, error.__context__
    copy.__suppress_context__ = error.__suppress_context__
    return copy
