# SPDX-License-Identifier: Apache-2.0

"""The OpenAPI document (OpenAPI Specification 3.1) as a whole."""

from typing import Any

import orjson

from nova_images_compat.api.openapi import faults
from nova_images_compat.api.openapi import headers
from nova_images_compat.api.openapi import path_items
from nova_images_compat.api import urls
INFO = {
    'title': 'Images of OpenStack Compute',
    'version': '2.1',
    'description': (
        "Nova's images API, a proxy to the Image service. It is deprecated: "
        'new clients should use the Image service API.'),
    'license': {'name': 'Apache-2.0', 'identifier': 'Apache-2.0'},
}
IMAGE_SERVICE = {
    'description': 'The Image service API, which replaces it',
    'url': 'https://docs.openstack.org/api-ref/image/v2/',
}
SERVERS = [
    {'url': urls.CURRENT_ROOT},
    {
        'url': urls.CURRENT_ROOT + '/{project_id}',
        'description': 'The same, with the project of the token in the URL.',
        'variables': {'project_id': {
            'default': '5f2d7c0a9b8e4d6f8a1c3e5b7d9f0a2c'}},
    },
]
TOKEN = {
    'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token',
    'description': 'A token of the Identity service, scoped to a project.',
}


def make() -> dict[str, Any]:
    """Return the document."""
    items = path_items.list_items()
    return {
        'openapi': '3.1.0',
        'info': INFO,
        'externalDocs': IMAGE_SERVICE,
        'servers': SERVERS,
        'security': [{'token': []}],
        'tags': path_items.TAGS,
        'paths': _paths(items),
        'components': {
            'schemas': {
                name: schema for item in items
                for name, schema in item.schemas.items()},
            'responses': faults.responses(),
            'parameters': headers.OF_REQUESTS,
            'headers': headers.OF_ANSWERS,
            'securitySchemes': {'token': TOKEN},
        },
    }


def as_json() -> bytes:
    """Return the document as JSON text; it is always the same."""
    return orjson.dumps(
        make(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _paths(items: list[path_items.PathItem]) -> dict[str, Any]:
    methods_of: dict[str, Any] = {}
    for item in items:
        methods_of.setdefault(item.path, {})[
            item.method.lower()] = item.document
    return methods_of
