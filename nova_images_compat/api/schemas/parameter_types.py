# SPDX-License-Identifier: Apache-2.0

"""Schemas that several resources use."""

from typing import Any

METADATA_KEY = '^[a-zA-Z0-9-_:. ]{1,255}$'
# "$" also matches before a newline at the end.
NEWLINE = {'pattern': '\n'}

NO_NUL = '^[^\\0]*$'

POSITIVE_INTEGER_PARAMETER = {
    'type': 'array',
    'items': {
        'type': ['integer', 'string'],
        'pattern': '^[0-9]*$',
        'minimum': 1,
        'minLength': 1,
        'not': NEWLINE,
    },
}

TEXT_PARAMETER = {
    'type': 'array',
    'items': {'type': 'string', 'pattern': NO_NUL},
}

METADATA = {
    'type': 'object',
    'propertyNames': {'not': NEWLINE},
    'patternProperties': {
        METADATA_KEY: {'type': 'string', 'maxLength': 255, 'pattern': NO_NUL},
    },
    'additionalProperties': False,
}

METADATA_ITEM = {**METADATA, 'minProperties': 1, 'maxProperties': 1}

# The Image service stores text of any length. Two of its properties are JSON
# documents, which responses have decoded.
METADATA_ANSWER = {
    'type': 'object',
    'propertyNames': {'type': 'string', 'minLength': 1, 'maxLength': 255},
    'additionalProperties': {
        'type': ['array', 'boolean', 'integer', 'number', 'object', 'string',
                 'null'],
    },
}

# Not a URI: a configured prefix may be any text.
LINK = {'type': 'string', 'minLength': 1}


def described(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a schema with a description, for the OpenAPI document.

    :param text: the description
    """
    return {**schema, 'description': text}


def links(*relations: str) -> dict[str, Any]:
    """Return the schema of a list of links.

    :param relations: the relations of the links, in their order
    """
    return {
        'type': 'array',
        'prefixItems': [_link(relation) for relation in relations],
        'minItems': len(relations),
        'maxItems': len(relations),
    }


def _link(relation: str) -> dict[str, Any]:
    properties: dict[str, Any] = {'rel': {'const': relation}, 'href': LINK}
    if relation == 'alternate':
        properties['type'] = {'const': 'application/vnd.openstack.image'}
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }
