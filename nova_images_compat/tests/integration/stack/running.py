# SPDX-License-Identifier: Apache-2.0

"""Sets up fixtures outside of tests."""

from collections.abc import Iterator
import contextlib
from typing import TypeVar

import fixtures

F = TypeVar('F', bound=fixtures.Fixture)


@contextlib.contextmanager
def up(fixture: F) -> Iterator[F]:
    """Set up a fixture, and clean it up at the end.

    :raises: the first error of its set-up
    """
    try:
        fixture.setUp()
    except fixtures.MultipleExceptions as error:
        raise first_cause(error)
    try:
        yield fixture
    finally:
        fixture.cleanUp()


def first_cause(error: BaseException) -> BaseException:
    """Return the first error of the set-up of a fixture."""
    while isinstance(error, fixtures.MultipleExceptions):
        error = error.args[0][1]
    return error
