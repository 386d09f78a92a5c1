# SPDX-License-Identifier: Apache-2.0

"""The answers to requests that fail."""

from collections.abc import Iterable
from typing import Any

from nova_images_compat.api.openapi import headers
from nova_images_compat.api import wsgi
REASONS = {
    400: 'The request makes no sense: its microversion, the project in its '
         'URL, its query string or its body.',
    401: 'There is no token, or it is not valid.',
    403: "The policy forbids it, or the image is not the caller's to change, "
         'or is protected, or would have too much metadata.',
    404: 'There is no such image or metadata item for the caller to see, or '
         'the microversion does not have the operation.',
    406: 'The service does not have the microversion.',
    409: 'The image is in use, or was changed at the same time.',
    413: 'The body is too large.',
    415: 'The body is of a media type that is not JSON.',
    500: 'The service has made a mistake.',
    502: 'The Image service answers something that makes no sense.',
    503: 'The Image service, the Identity service or the database does not '
         'answer.',
}

# What the pipeline may answer before, or instead of, any operation.
OF_ALL = (400, 401, 404, 406, 413, 415, 500, 503)


def responses() -> dict[str, Any]:
    """Return the answer of each HTTP status, for the components."""
    return {str(code): _response(code) for code in REASONS}


def references(codes: Iterable[int]) -> dict[str, Any]:
    """Return the references to the answers of an operation.

    :param codes: HTTP statuses that the operation itself may fail with
    """
    return {
        str(code): {'$ref': f'#/components/responses/{code}'}
        for code in sorted({*codes, *OF_ALL})}


def _response(code: int) -> dict[str, Any]:
    own_headers: dict[str, Any] = {}
    if code == 401:
        own_headers['WWW-Authenticate'] = {
            'description': 'Where to get a token.',
            'schema': {'type': 'string'}}
    if code == 503:
        own_headers['Retry-After'] = {
            'description': 'Seconds after which to try again.',
            'required': True, 'schema': {'type': 'integer', 'minimum': 1}}
    return {
        'description': REASONS[code],
        'headers': {**headers.of_answer(), **own_headers},
        'content': {wsgi.JSON_TYPE: {'schema': _schema(code)}},
    }


def _schema(code: int) -> dict[str, Any]:
    fault = _object({wsgi.FAULT_NAMES.get(
        code, wsgi.DEFAULT_FAULT_NAME): _content(code)})
    if code != 401:
        return fault
    # Most of them are keystonemiddleware's, which has its own shape.
    return {'oneOf': [
        _object({'error': _content(code, title={'type': 'string'})}), fault]}


def _content(code: int, **more: dict[str, Any]) -> dict[str, Any]:
    return _object({
        'code': {'const': code},
        **more,
        'message': {'type': 'string', 'minLength': 1},
    })


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }
