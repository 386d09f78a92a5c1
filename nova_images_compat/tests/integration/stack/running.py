# SPDX-License-Identifier: Apache-2.0

"""Has something up for a while."""

from collections.abc import Iterator
import contextlib
from typing import TypeVar

import fixtures

F = TypeVar('F', bound=fixtures.Fixture)


@contextlib.contextmanager
def up(fixture: F) -> Iterator[F]:
    """Set a fixture up, and clean it up, whatever happens.

    :raises: what kept it from coming up
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
    """Return what kept a fixture, or one that it uses, from coming up."""
    while isinstance(error, fixtures.MultipleExceptions):
        error = error.args[0][1]
    return error
