# SPDX-License-Identifier: Apache-2.0

"""JSON schemas of the queries and responses of images."""

from typing import Any

from nova_images_compat.api.schemas import parameter_types

INDEX_QUERY: dict[str, Any] = {
    'type': 'object',
    'propertyNames': {'pattern': parameter_types.NO_NUL},
    'properties': {
        'name': parameter_types.described(
            parameter_types.TEXT_PARAMETER, 'Only images with this name.'),
        'status': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images with this status: a status of this API, such as '
            'SAVING, in any case, or a status of the Image service, such as '
            'queued.'),
        'server': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images of this server: its ID or its URL.'),
        'type': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images whose metadata item image_type has this value, such '
            'as snapshot.'),
        'minRam': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images whose minRam is exactly this integer, in MiB.'),
        'minDisk': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images whose minDisk is exactly this integer, in GiB.'),
        'changes-since': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images that changed at this time or later: a time in '
            'ISO 8601 format, such as 2026-01-31T12:00:00Z.'),
        'limit': parameter_types.described(
            parameter_types.POSITIVE_INTEGER_PARAMETER,
            'The maximum number of images in the page. The service has a '
            'maximum of its own and reduces a larger limit to it. Without a '
            'limit, the response has all images.'),
        'page_size': parameter_types.described(
            parameter_types.POSITIVE_INTEGER_PARAMETER,
            'Has no effect. Old clients send it.'),
        'marker': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'The ID of the last image of the previous page.'),
        'offset': parameter_types.described(
            parameter_types.POSITIVE_INTEGER_PARAMETER,
            'Has no effect. Old clients send it.'),
    },
    'patternProperties': {
        '^property-': parameter_types.described(
            parameter_types.TEXT_PARAMETER,
            'Only images with this metadata item. The parameter is called '
            'property- and the key; its value is the value of the item.'),
    },
    'additionalProperties': True,
}

SHOW_QUERY = {
    'type': 'object', 'properties': {}, 'additionalProperties': True}

_NAME = {'type': ['string', 'null']}
_TIME = {
    'type': 'string',
    'pattern': '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
}
_AMOUNT = {'type': 'integer', 'minimum': 0}
_IMAGE_LINKS = parameter_types.links('self', 'bookmark', 'alternate')

_BASIC = {
    'id': {'type': 'string', 'minLength': 1},
    'name': _NAME,
    'links': _IMAGE_LINKS,
}

_DETAILS = {
    **_BASIC,
    'minRam': parameter_types.described(
        _AMOUNT,
        'The memory that a server needs to boot from the image, in MiB.'),
    'minDisk': parameter_types.described(
        _AMOUNT,
        'The disk that a server needs to boot from the image, in GiB.'),
    'metadata': parameter_types.METADATA_ANSWER,
    'created': _TIME,
    'updated': _TIME,
    'status': {
        'enum': ['ACTIVE', 'SAVING', 'DELETED', 'ERROR', 'UNKNOWN']},
    'progress': {
        'description': 'The progress of the upload, in percent.',
        'enum': [0, 25, 50, 100],
    },
}

_IMAGE = {
    'type': 'object',
    'properties': {
        **_DETAILS,
        'server': {
            'type': 'object',
            'properties': {
                'id': {'type': 'string'},
                'links': parameter_types.links('self', 'bookmark'),
            },
            'required': ['id', 'links'],
            'additionalProperties': False,
        },
        'OS-DCF:diskConfig': {'enum': ['AUTO', 'MANUAL']},
        'OS-EXT-IMG-SIZE:size': parameter_types.described(
            _AMOUNT,
            'The size in bytes, if the policy allows the caller to see it.'),
    },
    'required': list(_DETAILS),
    'additionalProperties': False,
}


def _page_of(item: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': {
            'images': {'type': 'array', 'items': item},
            'images_links': parameter_types.links('next'),
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
