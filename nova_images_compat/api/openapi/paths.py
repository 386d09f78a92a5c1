# SPDX-License-Identifier: Apache-2.0

"""What the URL table and the decorators say of each operation."""

from collections.abc import Callable
import dataclasses
from http import HTTPStatus
from typing import Any

from nova_images_compat.api.openapi import faults
from nova_images_compat.api.openapi import headers
from nova_images_compat.api.openapi import parameters
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat.conf import api
from nova_images_compat import policies

Document = dict[str, Any]

TAGS = [
    {'name': routes.NAMES[routes.Images], 'description': 'Images'},
    {'name': routes.NAMES[routes.Metadata],
     'description': 'The metadata of images'},
]

DEFAULTS = {option.dest: option.default for option in api.OPTS}


@dataclasses.dataclass(frozen=True)
class Operation:
    """An operation, and the schemas that its document refers to by name."""

    method: str
    path: str
    document: Document
    schemas: Document


def all_of_them() -> list[Operation]:
    """Return the operations of the URL table, in its order."""
    return [_operation(*row) for row in routes.TABLE]


def _operation(
    method: str, path: str, controller: type, name: str,
) -> Operation:
    action = getattr(controller, name)
    tag = routes.NAMES[controller]
    schemas: Document = {}
    document: Document = {
        'operationId': f'{tag}:{name}',
        'tags': [tag],
        'summary': action.__doc__.rstrip('.'),
        'description': _description(action, method, path),
        'deprecated': True,
        'parameters': [
            *parameters.of_path(path),
            *parameters.of_query(
                getattr(action, 'query_schema', {'properties': {}})),
            *headers.parameters(),
        ],
    }
    if hasattr(action, 'body_schema'):
        schema_name = f'{tag}-{name}-request'
        schemas[schema_name] = action.body_schema
        document['requestBody'] = {
            'required': True, 'content': _content(schema_name)}
    document['responses'] = {
        **_success(action, f'{tag}-{name}-response', schemas),
        **faults.references(action.expected_errors),
    }
    return Operation(method, path, document, schemas)


def _success(
    action: Callable[..., Any], schema_name: str, schemas: Document,
) -> Document:
    status = HTTPStatus(getattr(action, 'status', HTTPStatus.OK))
    response: Document = {
        'description': status.phrase, 'headers': headers.of_answer()}
    if status is not HTTPStatus.NO_CONTENT:
        schemas[schema_name] = action.response_schema  # type: ignore
        response['content'] = _content(schema_name)
    return {str(int(status)): response}


def _content(schema_name: str) -> Document:
    return {
        media_type: {
            'schema': {'$ref': f'#/components/schemas/{schema_name}'}}
        for media_type in wsgi.JSON_TYPES}


def _description(
    action: Callable[..., Any], method: str, path: str,
) -> str:
    first, option = action.api_versions  # type: ignore
    rules = [
        rule.name for rule in policies.list_rules()
        if {'method': method, 'path': path} in rule.operations]
    return (
        f'In microversions {first} to {DEFAULTS[option]}, unless [api] '
        f'{option} of the deployment says otherwise. Policy rules: '
        f'{", ".join(rules)}.')
