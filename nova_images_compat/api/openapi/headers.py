# SPDX-License-Identifier: Apache-2.0

"""The headers of requests and responses, which all operations share."""

from typing import Any

from nova_images_compat.api.pipeline import microversion
from nova_images_compat.conf import api
NEWEST = {option.dest: option.default for option in api.OPTS}['max_version']
_VERSION = '(2\\.[1-9][0-9]*|latest)'
_TEXT = {'type': 'string'}
_REQUEST_ID = {'type': 'string', 'pattern': '^req-[0-9a-f-]{36}$'}


def _of_request(name: str, pattern: str, example: str) -> dict[str, Any]:
    return {
        'name': name, 'in': 'header',
        'description': (
            'The microversion of the Compute API that the request asks for; '
            f'the default is {microversion.MIN_VERSION}. The newest, or '
            f'latest, is {NEWEST} unless the deployment changes it.'),
        'schema': {'type': 'string', 'pattern': pattern},
        'example': example,
    }


def _of_answer(
    description: str, schema: dict[str, Any], required: bool = False,
) -> dict[str, Any]:
    return {
        'description': description, 'required': required, 'schema': schema}


# By their names in the components of the document.
OF_REQUESTS: dict[str, Any] = {
    'microversion': _of_request(
        microversion.STANDARD_HEADER,
        f'^{microversion.SERVICE_TYPE} {_VERSION}$',
        f'{microversion.SERVICE_TYPE} 2.35'),
    'legacy-microversion': _of_request(
        microversion.LEGACY_HEADER, f'^{_VERSION}$', '2.35'),
}

OF_ANSWERS: dict[str, Any] = {
    'X-OpenStack-Request-ID': _of_answer(
        "The request's ID in the log.", _REQUEST_ID, required=True),
    'X-Compute-Request-ID': _of_answer(
        'The same ID.', _REQUEST_ID, required=True),
    microversion.STANDARD_HEADER: _of_answer(
        'The microversion of the response. Responses to requests that failed '
        'before their microversion was known do not have it.', _TEXT),
    microversion.LEGACY_HEADER: _of_answer(
        'The same, in the older header.', _TEXT),
    'Vary': _of_answer(
        'The response depends on the headers of the microversion.', _TEXT),
    'Deprecation': _of_answer(
        'The time since which the API is deprecated (RFC 9745), if the '
        'deployment sends it.', _TEXT),
    'Sunset': _of_answer(
        'The time when the API may be removed (RFC 8594), if the deployment '
        'sends it.', _TEXT),
    'Link': _of_answer(
        "The URL of the Image service's images, if the deployment sends "
        'it.', _TEXT),
}


def parameters() -> list[dict[str, Any]]:
    """Return references to the headers of a request."""
    return [
        {'$ref': f'#/components/parameters/{name}'} for name in OF_REQUESTS]


def of_answer() -> dict[str, Any]:
    """Return references to the headers of a response."""
    return {name: {'$ref': f'#/components/headers/{name}'}
            for name in OF_ANSWERS}
