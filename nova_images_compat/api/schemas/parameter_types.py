# SPDX-License-Identifier: Apache-2.0

"""What the schemas of several resources have in common."""

from typing import Any

METADATA_KEY = '^[a-zA-Z0-9-_:. ]{1,255}$'
# "$" matches before a newline at the end, too, so patterns let it pass.
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

# The image service stores text of any length; two of its properties are
# JSON documents, which answers hold decoded.
METADATA_ANSWER = {
    'type': 'object',
    'propertyNames': {'type': 'string', 'minLength': 1, 'maxLength': 255},
    'additionalProperties': {
        'type': ['array', 'boolean', 'integer', 'number', 'object', 'string',
                 'null'],
    },
}

# A configured prefix may be any text, so this need not be a URI.
LINK = {'type': 'string', 'minLength': 1}


def described(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a schema with a description, which documents show.

    :param text: a sentence, or a few
    """
    return {**schema, 'description': text}


def links(*relations: str) -> dict[str, Any]:
    """Return the schema of a list of links.

    :param relations: what each link is, in the order that they come in
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
