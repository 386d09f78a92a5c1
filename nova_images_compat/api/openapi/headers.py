# SPDX-License-Identifier: Apache-2.0

"""The headers of requests and answers, which all operations share."""

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
            'The microversion of the Compute API that the request is made '
            f'for; {microversion.MIN_VERSION} without it. The newest, or '
            f'latest, is {NEWEST} unless the deployment says otherwise.'),
        'schema': {'type': 'string', 'pattern': pattern},
        'example': example,
    }


def _of_answer(
    description: str, schema: dict[str, Any], required: bool = False,
) -> dict[str, Any]:
    return {
        'description': description, 'required': required, 'schema': schema}


# By their names in the document's components.
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
        "The request's ID, for the log.", _REQUEST_ID, required=True),
    'X-Compute-Request-ID': _of_answer(
        'The same ID.', _REQUEST_ID, required=True),
    microversion.STANDARD_HEADER: _of_answer(
        'The microversion that the answer is of. A request that was refused '
        'before its microversion was known has none.', _TEXT),
    microversion.LEGACY_HEADER: _of_answer('The same, the older way.', _TEXT),
    'Vary': _of_answer(
        'The answer depends on the headers of the microversion.', _TEXT),
    'Deprecation': _of_answer(
        'Since when the API is deprecated (RFC 9745), if the deployment says '
        'so.', _TEXT),
    'Sunset': _of_answer(
        'When it may be gone (RFC 8594), if the deployment says so.', _TEXT),
    'Link': _of_answer(
        "The Image service's images, if the deployment says so.", _TEXT),
}


def parameters() -> list[dict[str, Any]]:
    """Return the references to the headers of a request."""
    return [
        {'$ref': f'#/components/parameters/{name}'} for name in OF_REQUESTS]


def of_answer() -> dict[str, Any]:
    """Return the references to the headers of an answer."""
    return {name: {'$ref': f'#/components/headers/{name}'}
            for name in OF_ANSWERS}
