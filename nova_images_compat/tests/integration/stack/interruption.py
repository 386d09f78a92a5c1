# SPDX-License-Identifier: Apache-2.0

"""Turns signals into an exception, so that everything is stopped."""

from collections.abc import Iterator
import contextlib
import signal
import types

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """We received a signal to stop.

    :ivar number: the number of the signal
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into an exception, and ignore all others.

    :raises: Interrupted: a signal was received
    """
    received = []

    def interrupt(number: int, frame: types.FrameType | None) -> None:
        ignore_signals()
        received.append(number)
        raise Interrupted(number)

    for number in _SIGNALS:
        signal.signal(number, interrupt)
    try:
        yield
    except Exception:
        # Fixtures turn it into other errors while they are set up.
        if received:
            raise Interrupted(received[0]) from None
        raise


def ignore_signals() -> None:
    """Ignore signals from now on."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
