# SPDX-License-Identifier: Apache-2.0

"""Lets a signal end the benchmark in an orderly way."""

from collections.abc import Iterator
import contextlib
import signal
import types

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal that asks us to stop.

    :ivar number: of the signal
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first signal into an exception, and ignore any other, so that
    nothing keeps what was started from being stopped.

    :raises: Interrupted
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
        # Fixtures that are being set up make other errors of it.
        if received:
            raise Interrupted(received[0]) from None
        raise


def ignore_signals() -> None:
    """Let no signal interrupt what follows."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
