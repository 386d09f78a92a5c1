# SPDX-License-Identifier: Apache-2.0

"""JSON schemas of the responses, in the format of Tempest's clients."""

from typing import Any

from tempest.lib.api_schema.response.compute.v2_1 import parameter_types

_OK = {'status_code': [200]}

_LINK = {
    'type': 'object',
    'properties': {
        'rel': {'enum': ['self', 'bookmark', 'alternate', 'next']},
        'href': {'type': 'string', 'format': 'uri'},
        'type': {'const': 'application/vnd.openstack.image'},
    },
    'required': ['rel', 'href'],
    'additionalProperties': False,
}


def _links(count: int) -> dict[str, Any]:
    return {
        'type': 'array', 'items': _LINK,
        'minItems': count, 'maxItems': count}


_METADATA = {'type': 'object', 'additionalProperties': {'type': 'string'}}

_BASIC = {
    'id': {'type': 'string', 'format': 'uuid'},
    'name': {'type': ['string', 'null']},
    'links': _links(3),
}

_DETAILS = {
    **_BASIC,
    'minRam': {'type': 'integer', 'minimum': 0},
    'minDisk': {'type': 'integer', 'minimum': 0},
    'metadata': _METADATA,
    'created': parameter_types.date_time,
    'updated': parameter_types.date_time,
    'status': {'enum': ['ACTIVE', 'SAVING', 'DELETED', 'ERROR', 'UNKNOWN']},
    'progress': {'enum': [0, 25, 50, 100]},
}

_IMAGE = {
    'type': 'object',
    'properties': {
        **_DETAILS,
        'OS-EXT-IMG-SIZE:size': {'type': 'integer', 'minimum': 0},
        'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
        'server': {
            'type': 'object',
            'properties': {'id': {'type': 'string'}, 'links': _links(2)},
            'required': ['id', 'links'],
            'additionalProperties': False,
        },
    },
    'required': list(_DETAILS),
    'additionalProperties': False,
}


def _page_of(item: dict[str, Any]) -> dict[str, Any]:
    return {**_OK, 'response_body': {
        'type': 'object',
        'properties': {
            'images': {'type': 'array', 'items': item},
            'images_links': _links(1),
        },
        'required': ['images'],
        'additionalProperties': False,
    }}


def _only(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {**_OK, 'response_body': {
        'type': 'object',
        'properties': {name: value},
        'required': [name],
        'additionalProperties': False,
    }}


LIST = _page_of({
    'type': 'object',
    'properties': _BASIC,
    'required': list(_BASIC),
    'additionalProperties': False,
})
DETAILED_LIST = _page_of(_IMAGE)
SHOW = _only('image', _IMAGE)
METADATA = _only('metadata', _METADATA)
ITEM = _only('meta', {
    **_METADATA, 'minProperties': 1, 'maxProperties': 1})
NOTHING: dict[str, Any] = {'status_code': [204]}
