# SPDX-License-Identifier: Apache-2.0

"""What the decorators of a controller's method declare, as data."""

from collections.abc import Callable
import dataclasses
from typing import Any

Method = Callable[..., Any]


@dataclasses.dataclass(frozen=True)
class Versions:
    """The microversions that have an operation.

    :ivar first: the first one, such as "2.1"
    :ivar last_option: the option of ``[api]`` that holds the last one
    """

    first: str
    last_option: str


@dataclasses.dataclass(frozen=True)
class Operation:
    """A controller's method, and what its decorators declare.

    :ivar method: the method, without its instance
    :ivar versions: the microversions that have it; None: all
    :ivar errors: the HTTP statuses that it may fail with; None: any
    :ivar status: the HTTP status of its success
    :ivar body_schema: the JSON schema of the request's body
    :ivar query_schema: the JSON schema of the query string, as an object that
        has a list of values for each parameter
    :ivar response_schema: the JSON schema of the response's body
    """

    method: Method
    versions: Versions | None = None
    errors: frozenset[int] | None = None
    status: int = 200
    body_schema: dict[str, Any] | None = None
    query_schema: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The method's name."""
        return self.method.__name__

    @property
    def summary(self) -> str:
        """The first line of the method's docstring, without its full stop."""
        return (self.method.__doc__ or '').partition('\n')[0].rstrip('.')


Decorator = Callable[[Method | Operation], Operation]


def declare(**declared: Any) -> Decorator:
    """Return a decorator that declares fields of an operation.

    :param declared: values of fields of Operation
    """
    def decorator(decorated: Method | Operation) -> Operation:
        operation = decorated if isinstance(decorated, Operation) else (
            Operation(decorated))
        return dataclasses.replace(operation, **declared)

    return decorator
