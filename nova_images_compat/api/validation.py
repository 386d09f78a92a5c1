# SPDX-License-Identifier: Apache-2.0

"""Checks requests and responses against the JSON schemas that decorators
declare."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import jsonschema
import orjson

from nova_images_compat.api import operation
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

# The values of [api] response_validation.
IGNORE = 'ignore'
ERROR = 'error'


def schema(body_schema: dict[str, Any]) -> operation.Decorator:
    """Declare the JSON schema of the request's body.

    :param body_schema: the JSON schema
    """
    return operation.declare(body_schema=body_schema)


def query_schema(parameters_schema: dict[str, Any]) -> operation.Decorator:
    """Declare the JSON schema of the query string.

    :param parameters_schema: the JSON schema of an object that has a list of
        values for each parameter
    """
    return operation.declare(query_schema=parameters_schema)


def response_body_schema(body_schema: dict[str, Any]) -> operation.Decorator:
    """Declare the JSON schema of the response's body.

    :param body_schema: the JSON schema
    """
    return operation.declare(response_schema=body_schema)


class BodyValidator:
    """Validates the bodies of requests.

    :param body_schema: the JSON schema of an object
    """

    def __init__(self, body_schema: dict[str, Any]) -> None:
        self._validator = _Validator(body_schema)
        self._known_keys = frozenset(body_schema['properties'])

    def validate(self, body: Any, drop_unknown_keys: bool) -> Any:
        """Return a body that matches the schema.

        :param body: the JSON document
        :param drop_unknown_keys: whether to drop keys that the schema does
            not have, as Nova does on ``/v2``, or to reject them
        :raises: ValidationError
        :raises: MalformedRequestBody: the body is nested too deep
        """
        if drop_unknown_keys and isinstance(body, dict):
            body = {
                key: body[key] for key in body if key in self._known_keys}
        if error := self._validator.find_error(body, _describe_body_error):
            raise exception.ValidationError(reason=error)
        return body


class QueryValidator:
    """Validates query strings.

    :param parameters_schema: the JSON schema of an object that has a list of
        values for each parameter
    """

    def __init__(self, parameters_schema: dict[str, Any]) -> None:
        self._validator = _Validator(parameters_schema)

    def validate(self, query: Iterable[tuple[str, str]]) -> None:
        """Check a query string.

        :param query: its names and values
        :raises: ValidationError
        """
        values: dict[str, list[str]] = {}
        for name, value in query:
            values.setdefault(name, []).append(value)
        if error := self._validator.find_error(values, _describe_query_error):
            raise exception.ValidationError(reason=error)


class ResponseValidator:
    """Validates the bodies of responses.

    :param body_schema: the JSON schema
    :param mode: the value of ``[api] response_validation``
    """

    def __init__(self, body_schema: dict[str, Any], mode: str) -> None:
        self._validator = _Validator(body_schema)
        self._mode = mode

    def validate(self, body: Any) -> None:
        """Check a body; log an error if that is all that is configured.

        :param body: the JSON document
        :raises: InvalidResponse
        """
        error = self._validator.find_error(
            orjson.loads(orjson.dumps(body)), _describe_body_error)
        if error is None:
            return
        if self._mode == ERROR:
            raise exception.InvalidResponse(error)
        LOG.warning('The response does not match its schema: %s', error)


def _accept_digits(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """Make a numeric keyword accept strings of digits: numbers in a query
    string are text.
    """
    def check(
        validator: Any, bound: Any, instance: Any,
        numeric_schema: dict[str, Any],
    ) -> Any:
        try:
            number = float(instance) if isinstance(instance, str) else instance
        except ValueError:
            return ()
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        return keyword(validator, bound, number, numeric_schema)

    return check


_DRAFT = jsonschema.Draft202012Validator
_DRAFT_FOR_TEXT = jsonschema.validators.extend(_DRAFT, {
    'minimum': _accept_digits(_DRAFT.VALIDATORS['minimum']),
    'maximum': _accept_digits(_DRAFT.VALIDATORS['maximum']),
})


class _Validator:
    """A JSON schema, prepared once for all requests."""

    def __init__(self, any_schema: dict[str, Any]) -> None:
        self._validator = _DRAFT_FOR_TEXT(any_schema)

    def find_error(
        self, instance: Any,
        describe: Callable[[jsonschema.ValidationError], str],
    ) -> str | None:
        """Return a description of the most relevant error; None if the
        instance is valid.

        :param describe: describes an error
        :raises: MalformedRequestBody: the instance is nested too deep
        """
        try:
            error = jsonschema.exceptions.best_match(
                self._validator.iter_errors(instance))
            return None if error is None else describe(error)
        except RecursionError as error:
            raise exception.MalformedRequestBody() from error


def _describe_body_error(error: jsonschema.ValidationError) -> str:
    if not error.path:
        return error.message
    return (f'Invalid input for field/attribute {error.path[-1]}. '
            f'Value: {error.instance}. {error.message}')


def _describe_query_error(error: jsonschema.ValidationError) -> str:
    if not error.path:
        return error.message
    return (f'Invalid input for query parameters {error.path[0]}. '
            f'Value: {error.instance}. {error.message}')
