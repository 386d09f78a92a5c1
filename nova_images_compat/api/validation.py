# SPDX-License-Identifier: Apache-2.0

"""Decorators that hold requests and answers against their JSON schemas."""

from collections.abc import Callable
import functools
from typing import Any

import jsonschema
import orjson

from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

Schema = dict[str, Any]


def schema(body_schema: Schema) -> Callable[..., Any]:
    """Hold the body against a schema before the method runs.

    :param body_schema: the JSON schema of the body; by ``/v2``, keys of the
        body that it does not know are dropped instead of refused
    """
    validator = _Validator(body_schema)
    known = set(body_schema['properties'])

    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(
            self: wsgi.Controller, req: wsgi.Request, *args: Any,
            body: Any, **kwargs: Any,
        ) -> Any:
            if req.is_legacy_v2 and isinstance(body, dict):
                body = {key: body[key] for key in body if key in known}
            if reason := validator.reason(body, _body_reason):
                raise exception.ValidationError(reason=reason)
            return method(self, req, *args, body=body, **kwargs)

        wrapper.body_schema = body_schema  # type: ignore
        return wrapper

    return decorator


def query_schema(parameters_schema: Schema) -> Callable[..., Any]:
    """Hold the query string against a schema before the method runs.

    :param parameters_schema: the JSON schema of an object that has a list of
        values for each parameter
    """
    validator = _Validator(parameters_schema)

    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(
            self: wsgi.Controller, req: wsgi.Request, *args: Any,
            **kwargs: Any,
        ) -> Any:
            if req.query:
                values: dict[str, list[str]] = {}
                for name, value in req.query:
                    values.setdefault(name, []).append(value)
                if reason := validator.reason(values, _query_reason):
                    raise exception.ValidationError(reason=reason)
            return method(self, req, *args, **kwargs)

        wrapper.query_schema = parameters_schema  # type: ignore
        return wrapper

    return decorator


def response_body_schema(answer_schema: Schema) -> Callable[..., Any]:
    """Hold the answer against a schema, if ``[api] response_validation`` asks
    for that.

    :param answer_schema: the JSON schema of the answer's body
    """
    validator = _Validator(answer_schema)

    def decorator(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapper(
            self: wsgi.Controller, req: wsgi.Request, *args: Any,
            **kwargs: Any,
        ) -> Any:
            answer = method(self, req, *args, **kwargs)
            if self.response_validation != 'ignore':
                _check_answer(
                    validator, answer, self.response_validation == 'error')
            return answer

        wrapper.response_schema = answer_schema  # type: ignore
        return wrapper

    return decorator


class InvalidAnswer(Exception):
    """We were about to answer something that its schema does not allow."""


def _check_answer(validator: '_Validator', answer: Any, strict: bool) -> None:
    reason = validator.reason(
        orjson.loads(orjson.dumps(answer)), _body_reason)
    if reason is None:
        return
    if strict:
        raise InvalidAnswer(reason)
    LOG.warning('The answer does not match its schema: %s', reason)


def _of_number(
    keyword: Callable[..., Any],
) -> Callable[..., Any]:
    """Make a numeric keyword count for strings of digits too: numbers in a
    query string are text.
    """
    def check(
        validator: Any, bound: Any, instance: Any, of_schema: Schema,
    ) -> Any:
        try:
            number = float(instance) if isinstance(instance, str) else instance
        except ValueError:
            return ()
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        return keyword(validator, bound, number, of_schema)

    return check


_DRAFT = jsonschema.Draft202012Validator
_DRAFT_FOR_TEXT = jsonschema.validators.extend(_DRAFT, {
    'minimum': _of_number(_DRAFT.VALIDATORS['minimum']),
    'maximum': _of_number(_DRAFT.VALIDATORS['maximum']),
})


class _Validator:
    """A schema made ready once, for every request."""

    def __init__(self, of_schema: Schema) -> None:
        self._validator = _DRAFT_FOR_TEXT(of_schema)

    def reason(
        self, instance: Any,
        describe: Callable[[jsonschema.ValidationError], str],
    ) -> str | None:
        """Return what is wrong with an instance; None if nothing is.

        :param describe: describes the most telling of its errors
        :raises: MalformedRequestBody: it is nested too deep to be described
        """
        try:
            error = jsonschema.exceptions.best_match(
                self._validator.iter_errors(instance))
            return None if error is None else describe(error)
        except RecursionError as error:
            raise exception.MalformedRequestBody() from error


def _body_reason(error: jsonschema.ValidationError) -> str:
    if not error.path:
        return error.message
    return (f'Invalid input for field/attribute {error.path[-1]}. '
            f'Value: {error.instance}. {error.message}')


def _query_reason(error: jsonschema.ValidationError) -> str:
    if not error.path:
        return error.message
    return (f'Invalid input for query parameters {error.path[0]}. '
            f'Value: {error.instance}. {error.message}')
