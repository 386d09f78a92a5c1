# SPDX-License-Identifier: Apache-2.0

"""JSON schemas of image metadata."""

from typing import Any

from nova_images_compat.api.schemas import parameter_types


def _document_of(key: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        'type': 'object',
        'properties': {key: content},
        'required': [key],
        'additionalProperties': False,
    }


CREATE = _document_of('metadata', parameter_types.METADATA)
UPDATE_ALL = CREATE
UPDATE = _document_of('meta', parameter_types.METADATA_ITEM)

INDEX_RESPONSE = _document_of('metadata', parameter_types.METADATA_ANSWER)
CREATE_RESPONSE = INDEX_RESPONSE
UPDATE_ALL_RESPONSE = INDEX_RESPONSE
SHOW_RESPONSE = _document_of(
    'meta', {
        **parameter_types.METADATA_ANSWER,
        'minProperties': 1, 'maxProperties': 1})
UPDATE_RESPONSE = SHOW_RESPONSE
DELETE_RESPONSE = {'type': 'null'}
