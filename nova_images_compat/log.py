# SPDX-License-Identifier: Apache-2.0

"""Loggers of which every message is one line, whatever callers or other
services put into it."""

import logging as python_logging
from typing import Any

from oslo_log import log as logging


class OneLine(python_logging.Filter):
    """Escapes what cannot be printed in the messages of a logger.

    A filter of the logger, not of a handler: within another service's
    process the handlers are not ours.
    """

    def filter(self, record: python_logging.LogRecord) -> bool:
        message = record.getMessage()
        if not message.isprintable():
            record.msg, record.args = one_line(message), None
        if record.exc_info and record.exc_info[1] is not None:
            # oslo.log repeats what the error says at the message's end.
            error = _of_one_line(record.exc_info[1])
            record.exc_info = (type(error), error, record.exc_info[2])
        return True


ONE_LINE = OneLine()


def getLogger(name: str) -> 'python_logging.LoggerAdapter[Any]':
    """Return the logger of a module, whose messages are one line each.

    A traceback still has its lines: oslo.log begins each of them with
    ``[DEFAULT] logging_exception_prefix``.

    :param name: the module's name
    """
    adapter = logging.getLogger(name)
    adapter.logger.addFilter(ONE_LINE)
    return adapter


def one_line(text: str) -> str:
    """Return a text with what cannot be printed, such as newlines and other
    control characters, written as Python escapes it.
    """
    if text.isprintable():
        return text
    return ''.join(
        character if character.isprintable()
        else character.encode('unicode_escape').decode('ascii')
        for character in text)


def _of_one_line(error: BaseException) -> BaseException:
    """Return an error that says the same in one line."""
    text = str(error)
    if text.isprintable():
        return error
    kind = type(error)
    twin = type(kind.__name__, (Exception,), {
        '__module__': kind.__module__, '__qualname__': kind.__qualname__,
    })(one_line(text))
    twin.__cause__, twin.__context__ = error.__cause__, error.__context__
    twin.__suppress_context__ = error.__suppress_context__
    return twin
