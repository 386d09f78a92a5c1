# SPDX-License-Identifier: Apache-2.0

"""The responses to requests that fail."""

from collections.abc import Iterable
from typing import Any

from nova_images_compat.api.openapi import headers
from nova_images_compat.api import wsgi
REASONS = {
    400: 'The request is invalid: its microversion, the project in its URL, '
         'its query string or its body.',
    401: 'The token is missing or invalid.',
    403: 'The policy does not allow the request, the caller may not change '
         'the image, the image is protected, or it would have too much '
         'metadata.',
    404: 'The image or the metadata item does not exist or is not visible to '
         'the caller, or the microversion does not have the operation.',
    406: 'The service does not support the microversion.',
    409: 'The image is in use, or another request changed it at the same '
         'time.',
    413: 'The body is too large.',
    415: 'The media type of the body is not JSON.',
    500: 'The service has a bug.',
    502: 'The Image service returned an invalid response.',
    503: 'The Image service, the Identity service or the database is not '
         'available.',
}

# The statuses of errors that the pipeline may return for any operation.
OF_ALL = (400, 401, 404, 406, 413, 415, 500, 503)


def responses() -> dict[str, Any]:
    """Return the responses by HTTP status, for the components."""
    return {str(code): _response(code) for code in REASONS}


def references(codes: Iterable[int]) -> dict[str, Any]:
    """Return references to the responses of an operation that fails.

    :param codes: the HTTP statuses that the operation declares
    """
    return {
        str(code): {'$ref': f'#/components/responses/{code}'}
        for code in sorted({*codes, *OF_ALL})}


def _response(code: int) -> dict[str, Any]:
    own_headers: dict[str, Any] = {}
    if code == 401:
        own_headers['WWW-Authenticate'] = {
            'description': 'The URL of the Identity service.',
            'schema': {'type': 'string'}}
    if code == 503:
        own_headers['Retry-After'] = {
            'description': 'The seconds until the client should try again.',
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
    # Most of them are keystonemiddleware's, which has a format of its own.
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
