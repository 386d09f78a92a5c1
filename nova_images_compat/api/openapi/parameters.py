# SPDX-License-Identifier: Apache-2.0

"""The parameters in URLs: in the path and in the query string."""

import re
from typing import Any
IN_PATH = {
    'image_id': 'The ID of the image.',
    'key': 'The key of the metadata item.',
}
NAME = re.compile(r'{(\w+)}')


def of_path(path: str) -> list[dict[str, Any]]:
    """Return the parameters of a path of the URL table."""
    return [
        {
            'name': name, 'in': 'path', 'required': True,
            'description': IN_PATH[name],
            'schema': {'type': 'string', 'minLength': 1},
        }
        for name in NAME.findall(path)]


def of_query(query_schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of a query string.

    :param query_schema: the JSON schema of an object that has a list of
        values for each parameter
    """
    return [
        _parameter(name, values)
        for name, values in query_schema['properties'].items()
    ] + [
        _parameters(pattern, values)
        for pattern, values in query_schema.get(
            'patternProperties', {}).items()]


def _parameter(name: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        'name': name, 'in': 'query', 'description': values['description'],
        'schema': _value(values)}


def _parameters(pattern: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters whose names match a pattern. In OpenAPI they are
    the members of one object.
    """
    return {
        'name': f'{pattern.removeprefix("^")}*', 'in': 'query',
        'description': values['description'],
        'style': 'form', 'explode': True,
        'schema': {
            'type': 'object',
            'patternProperties': {pattern: _value(values)},
            'additionalProperties': False,
        },
    }


def _value(values: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one value: clients need no more than one, since
    the last one counts.
    """
    schema = values['items']
    if 'integer' in schema['type']:
        # The other keywords are for numbers that are text.
        return {'type': 'integer', 'minimum': schema['minimum']}
    return schema
