# SPDX-License-Identifier: Apache-2.0

"""The paths of the document: the URL table, and what the decorators of each
operation declare."""

import dataclasses
from http import HTTPStatus
from typing import Any

from nova_images_compat.api.openapi import faults
from nova_images_compat.api.openapi import headers
from nova_images_compat.api.openapi import parameters
from nova_images_compat.api import operation
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat.conf import api
from nova_images_compat import policies

TAGS = [
    {'name': routes.NAMES[routes.Images], 'description': 'Images'},
    {'name': routes.NAMES[routes.Metadata],
     'description': 'Image metadata'},
]

DEFAULTS = {option.dest: option.default for option in api.OPTS}


@dataclasses.dataclass(frozen=True)
class PathItem:
    """An operation's part of the document.

    :ivar method: the HTTP method
    :ivar path: the path in the URL table
    :ivar document: the Operation Object
    :ivar schemas: the schemas that it refers to, by their names
    """

    method: str
    path: str
    document: dict[str, Any]
    schemas: dict[str, Any]


def list_items() -> list[PathItem]:
    """Return the operations of the URL table, in its order."""
    return [_item(*row) for row in routes.TABLE]


def _item(
    method: str, path: str, controller: type[wsgi.Controller],
    declared: operation.Operation,
) -> PathItem:
    tag = routes.NAMES[controller]
    schemas: dict[str, Any] = {}
    document: dict[str, Any] = {
        'operationId': f'{tag}:{declared.name}',
        'tags': [tag],
        'summary': declared.summary,
        'description': _description(declared, method, path),
        'deprecated': True,
        'parameters': [
            *parameters.of_path(path),
            *parameters.of_query(declared.query_schema or {'properties': {}}),
            *headers.parameters(),
        ],
    }
    if declared.body_schema:
        schema_name = f'{tag}-{declared.name}-request'
        schemas[schema_name] = declared.body_schema
        document['requestBody'] = {
            'required': True, 'content': _content(schema_name)}
    document['responses'] = {
        **_success(declared, f'{tag}-{declared.name}-response', schemas),
        **faults.references(declared.errors or ()),
    }
    return PathItem(method, path, document, schemas)


def _success(
    declared: operation.Operation, schema_name: str, schemas: dict[str, Any],
) -> dict[str, Any]:
    status = HTTPStatus(declared.status)
    response: dict[str, Any] = {
        'description': status.phrase, 'headers': headers.of_answer()}
    if status is not HTTPStatus.NO_CONTENT:
        schemas[schema_name] = declared.response_schema
        response['content'] = _content(schema_name)
    return {str(int(status)): response}


def _content(schema_name: str) -> dict[str, Any]:
    return {
        media_type: {
            'schema': {'$ref': f'#/components/schemas/{schema_name}'}}
        for media_type in wsgi.JSON_TYPES}


def _description(
    declared: operation.Operation, method: str, path: str,
) -> str:
    versions = declared.versions
    assert versions is not None, declared.name
    option = versions.last_option
    rules = [
        rule.name for rule in policies.list_rules()
        if {'method': method, 'path': path} in rule.operations]
    return (
        f'In microversions {versions.first} to {DEFAULTS[option]}, unless '
        f'[api] {option} of the deployment changes that. Policy rules: '
        f'{", ".join(rules)}.')
