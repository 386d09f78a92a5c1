# SPDX-License-Identifier: Apache-2.0

"""JSON schemas of the images' queries and answers."""

from typing import Any

from nova_images_compat.api.schemas import types

INDEX_QUERY: dict[str, Any] = {
    'type': 'object',
    'propertyNames': {'pattern': types.NO_NUL},
    'properties': {
        'name': types.TEXT_PARAMETER,
        'status': types.TEXT_PARAMETER,
        'server': types.TEXT_PARAMETER,
        'type': types.TEXT_PARAMETER,
        'minRam': types.TEXT_PARAMETER,
        'minDisk': types.TEXT_PARAMETER,
        'changes-since': types.TEXT_PARAMETER,
        'limit': types.POSITIVE_INTEGER_PARAMETER,
        'page_size': types.POSITIVE_INTEGER_PARAMETER,
        'marker': types.TEXT_PARAMETER,
        'offset': types.POSITIVE_INTEGER_PARAMETER,
    },
    'patternProperties': {'^property-': types.TEXT_PARAMETER},
    'additionalProperties': True,
}

SHOW_QUERY = {
    'type': 'object', 'properties': {}, 'additionalProperties': True}

_NAME = {'type': ['string', 'null']}
_TIME = {
    'type': 'string',
    'pattern': '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
}
_IMAGE_LINKS = types.links('self', 'bookmark', 'alternate')

_BASIC = {
    'id': {'type': 'string', 'minLength': 1},
    'name': _NAME,
    'links': _IMAGE_LINKS,
}

_DETAILS = {
    **_BASIC,
    'minRam': {'type': 'integer', 'minimum': 0},
    'minDisk': {'type': 'integer', 'minimum': 0},
    'metadata': types.METADATA_ANSWER,
    'created': _TIME,
    'updated': _TIME,
    'status': {
        'enum': ['ACTIVE', 'SAVING', 'DELETED', 'ERROR', 'UNKNOWN']},
    'progress': {'enum': [0, 25, 50, 100]},
}

_IMAGE = {
    'type': 'object',
    'properties': {
        **_DETAILS,
        'server': {
            'type': 'object',
            'properties': {
                'id': {'type': 'string'},
                'links': types.links('self', 'bookmark'),
            },
            'required': ['id', 'links'],
            'additionalProperties': False,
        },
        'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
        'OS-EXT-IMG-SIZE:size': {'type': 'integer', 'minimum': 0},
    },
    'required': list(_DETAILS),
    'additionalProperties': False,
}


def _page_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': {
            'images': {'type': 'array', 'items': item},
            'images_links': types.links('next'),
        },
        'required': ['images'],
        'additionalProperties': False,
    }


INDEX_RESPONSE = _page_of({
    'type': 'object',
    'properties': _BASIC,
    'required': list(_BASIC),
    'additionalProperties': False,
})

DETAIL_RESPONSE = _page_of(_IMAGE)

SHOW_RESPONSE = {
    'type': 'object',
    'properties': {'image': _IMAGE},
    'required': ['image'],
    'additionalProperties': False,
}

DELETE_RESPONSE = {'type': 'null'}
