# SPDX-License-Identifier: Apache-2.0

"""JSON schemas of the version documents."""

from typing import Any

from nova_images_compat.api.schemas import parameter_types

_MEDIA_TYPES = {
    'type': 'array',
    'items': {
        'type': 'object',
        'properties': {
            'base': {'const': 'application/json'},
            'type': {
                'enum': ['application/vnd.openstack.compute+json;version=2',
                         'application/vnd.openstack.compute+json;version=2.1'],
            },
        },
        'required': ['base', 'type'],
        'additionalProperties': False,
    },
    'minItems': 1,
    'maxItems': 1,
}
_DESCRIBED_BY = {
    'type': 'object',
    'properties': {
        'rel': {'const': 'describedby'},
        'type': {'const': 'text/html'},
        'href': parameter_types.LINK,
    },
    'required': ['rel', 'type', 'href'],
    'additionalProperties': False,
}
_SELF = parameter_types.links('self')

_SUMMARY = {
    'id': {'enum': ['v2.0', 'v2.1']},
    'status': {'enum': ['CURRENT', 'DEPRECATED']},
    'version': {'type': 'string', 'pattern': '^(2\\.[0-9]+)?$'},
    'min_version': {'type': 'string', 'pattern': '^(2\\.[0-9]+)?$'},
    'updated': {'type': 'string'},
    'links': _SELF,
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': properties,
        'required': list(properties),
        'additionalProperties': False,
    }


INDEX_RESPONSE = _object({
    'versions': {'type': 'array', 'items': _object(_SUMMARY)},
})

SHOW_RESPONSE = _object({
    'version': _object({
        **_SUMMARY,
        'links': {
            'type': 'array',
            'prefixItems': [*_SELF['prefixItems'], _DESCRIBED_BY],
            'minItems': 2,
            'maxItems': 2,
        },
        'media-types': _MEDIA_TYPES,
    }),
})

CHOICES_RESPONSE = _object({
    'choices': {
        'type': 'array',
        'items': _object({
            'id': _SUMMARY['id'],
            'status': _SUMMARY['status'],
            'links': _SELF,
            'media-types': _MEDIA_TYPES,
        }),
    },
})
