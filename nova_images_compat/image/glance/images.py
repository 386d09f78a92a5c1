# SPDX-License-Identifier: Apache-2.0

"""Images and lists of images in the format of the Image service API v2."""

from collections.abc import Mapping
from collections.abc import Set
import types
from typing import Any

from nova_images_compat.image import base as image_base

# The Image service cannot filter a list by metadata items of these names: they
# are other query parameters, or attributes of the rows of its database, which
# it would compare instead.
NOT_FILTERS = frozenset((
    'changes-since', 'delete', 'deleted', 'deleted_at', 'get', 'is_public',
    'items', 'iteritems', 'keys', 'limit', 'location', 'marker',
    'member_status', 'members', 'metadata', 'next', 'properties', 'registry',
    'save', 'sort', 'sort_dir', 'sort_key', 'tag', 'to_dict', 'update',
    'values'))
RANGE_SUFFIXES = ('_min', '_max')

# The types of an image's attributes in JSON.
TYPES: dict[str, type | types.UnionType] = {
    'id': str, 'name': str | None, 'status': str, 'size': int | None,
    'min_ram': int, 'min_disk': int, 'created_at': str, 'updated_at': str,
}


class ListRequest:
    """The request for a list of images, and the filters that the Image service
    does not have.

    :param query: the list that the caller wants
    :ivar parameters: the parameters of the query string
    """

    def __init__(self, query: image_base.ImageQuery) -> None:
        # The filters that are applied here, to the images of the answer.
        self.metadata: dict[str, str] = {}
        self.name: str | None = None
        self.parameters: dict[str, str | int] = {}
        self._add_name(query.name)
        if query.statuses is not None:
            self.parameters['status'] = _one_of(sorted(query.statuses))
        if query.min_ram is not None:
            self.parameters['min_ram'] = query.min_ram
        if query.min_disk is not None:
            self.parameters['min_disk'] = query.min_disk
        if query.changes_since is not None:
            since = query.changes_since.isoformat()
            self.parameters['updated_at'] = f'gte:{since}'
        for key, value in query.metadata.items():
            if key in NOT_FILTERS or key.startswith('_') or (
                    key.endswith(RANGE_SUFFIXES)):
                self.metadata[key] = value
            else:
                self.parameters[key] = value

    @property
    def is_partial(self) -> bool:
        """Whether the answer may have images that the caller does not want."""
        return self.name is not None or bool(self.metadata)

    def selects(self, image: image_base.Image) -> bool:
        """Return whether the caller wants an image of the answer."""
        return (self.name is None or image.name == self.name) and all(
            image.metadata.get(key) == value
            for key, value in self.metadata.items())

    def _add_name(self, name: str | None) -> None:
        if name is None:
            return
        if ':' not in name:
            self.parameters['name'] = name
        elif '"' in name or '\\' in name:
            self.name = name
        else:
            # The Image service takes the text before a colon for an operator.
            self.parameters['name'] = f'in:"{name}"'


def image(
    document: Mapping[str, Any], attributes: Set[str],
) -> image_base.Image:
    """Return an image.

    :param document: the image as JSON of the Image service
    :param attributes: the names of an image's attributes
    :raises: KeyError, TypeError: an attribute is missing or has a wrong type
    """
    for name, kind in TYPES.items():
        if not isinstance(document[name], kind):
            raise TypeError(name)
    return image_base.Image(
        document['id'], document['name'], document['status'],
        document['size'] or 0, document['min_ram'], document['min_disk'],
        document['created_at'], document['updated_at'],
        image_base.decode_metadata(properties(document, attributes)))


def properties(
    document: Mapping[str, Any], attributes: Set[str],
) -> dict[str, Any]:
    """Return the metadata in an image's JSON.

    :param attributes: the names of an image's attributes
    """
    return {key: value for key, value in document.items()
            if key not in attributes}


def _one_of(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f'in:{",".join(values)}'
