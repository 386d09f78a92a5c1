# SPDX-License-Identifier: Apache-2.0

"""Converts images from JSON for imports, and to JSON for exports.

The names are those of the Image service API v2. A name that is not an
attribute of an image is a property. An import also accepts the columns of
``openstack image list --long``.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import datetime
import re
from typing import Any
import uuid

import orjson
from oslo_utils import timeutils
from oslo_utils import uuidutils

from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import statements
from nova_images_compat.image import status

MAX_VALUE = 65535

# NUL, and halves of surrogate pairs: databases or UTF-8 reject them.
NO_TEXT = re.compile('[\0\ud800-\udfff]')

# The columns of `openstack image list --long -f json` whose names differ from
# the names of the attributes.
CLIENT_COLUMNS = {'project': 'owner'}


def read(text: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the images of a file, each with its place for error messages.

    :param text: JSON lines with one image each, or a JSON document: a list of
        images, or a response of the Image service to ``GET /v2/images``
    :raises: InvalidImageRecord: it is neither; the message names the line
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        yield from _lines(text, error)
        return
    if isinstance(document, dict):
        is_list = 'images' in document and 'id' not in document
        if is_list and document.get('next'):
            raise exception.InvalidImageRecord(
                'it is only one page of a list; the next page is at '
                f'{document["next"]}')
        document = document['images'] if is_list else [document]
    if not isinstance(document, list):
        raise exception.InvalidImageRecord(
            'it is neither a list of images nor JSON lines')
    for number, item in enumerate(document, 1):
        yield f'image {number}', _attributes(f'image {number}', item)


def record(
    place: str, attributes: Mapping[str, Any],
) -> statements.Record:
    """Return the image of a JSON object.

    The default of the id is a random UUID, that of the times is now.

    :param place: the place of the object, for error messages
    :param attributes: the object
    :raises: InvalidImageRecord: an attribute is not valid
    """
    reader = _Reader(place, attributes)
    created_at = reader.time('created_at')
    visibility = reader.one_of(
        'visibility', models.VISIBILITIES, models.SHARED)
    return statements.Record(
        id=reader.uuid('id'),
        name=reader.text('name'),
        owner=reader.text('owner'),
        visibility=visibility,
        status=reader.one_of('status', tuple(status.SHOWN_AS), 'active'),
        protected=reader.boolean('protected'),
        size=reader.integer('size', models.MAX_SIZE),
        min_ram=reader.integer('min_ram', image_base.MAX_INTEGER),
        min_disk=reader.integer('min_disk', image_base.MAX_INTEGER),
        created_at=created_at,
        updated_at=reader.time('updated_at', created_at),
        properties=reader.properties())


def line(of_record: statements.Record) -> bytes:
    """Return an image as a JSON line for an import."""
    return orjson.dumps({
        **of_record.properties,
        'id': of_record.id,
        'name': of_record.name,
        'owner': of_record.owner,
        'visibility': of_record.visibility,
        'status': of_record.status,
        'protected': of_record.protected,
        'size': of_record.size,
        'min_ram': of_record.min_ram,
        'min_disk': of_record.min_disk,
        'created_at': of_record.created_at.isoformat() + 'Z',
        'updated_at': of_record.updated_at.isoformat() + 'Z',
    }, option=orjson.OPT_APPEND_NEWLINE)


def _lines(
    text: bytes, as_document: orjson.JSONDecodeError,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the images of JSON lines.

    :param as_document: the error of the text as a JSON document, to report
        if the first line is not JSON either
    """
    is_first = True
    for number, content in enumerate(text.split(b'\n'), 1):
        if not content.strip():
            continue
        place = f'line {number}'
        try:
            item = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            wrong = as_document if is_first else error
            at = wrong.lineno if is_first else number
            raise exception.InvalidImageRecord(
                f'line {at}: it is not JSON: {wrong.msg}') from error
        is_first = False
        yield place, _attributes(place, item)


def _attributes(place: str, item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise exception.InvalidImageRecord(f'{place}: it is not an image')
    if 'id' in item or 'name' in item:
        return item
    if 'ID' not in item:
        raise exception.InvalidImageRecord(
            f'{place}: it is not an image: it has neither id nor name')
    attributes = {}
    for column, value in item.items():
        name = column.lower().replace(' ', '_')
        attributes[CLIENT_COLUMNS.get(name, name)] = value
    properties = attributes.pop('properties', None)
    if isinstance(properties, dict):
        attributes.update(properties)
    return attributes


class _Reader:
    """Reads and checks the attributes of a JSON object.

    :param place: the place of the object, for error messages
    :param attributes: the object
    """

    def __init__(self, place: str, attributes: Mapping[str, Any]) -> None:
        self.place = place
        self.attributes = attributes

    def error(self, name: str, reason: str) -> exception.InvalidImageRecord:
        return exception.InvalidImageRecord(f'{self.place}: {name}: {reason}')

    def _checked(
        self, name: str, default: Any, is_valid: Callable[[Any], bool],
        reason: str,
    ) -> Any:
        value = self.attributes.get(name)
        if value is None:
            return default
        if not is_valid(value):
            raise self.error(name, reason)
        return value

    def text(self, name: str) -> str | None:
        return self._checked(
            name, None,
            lambda value: _is_text(value, models.MAX_NAME),
            f'it must be text of at most {models.MAX_NAME} characters')

    def uuid(self, name: str) -> str:
        return str(self._checked(
            name, str(uuid.uuid4()), _is_canonical_uuid,
            'it must be a UUID in lower case'))

    def one_of(
        self, name: str, values: tuple[str, ...], default: str,
    ) -> str:
        return self._checked(
            name, default, lambda value: value in values,
            f'it must be one of {", ".join(values)}')

    def boolean(self, name: str) -> bool:
        return self._checked(
            name, False, lambda value: isinstance(value, bool),
            'it must be true or false')

    def integer(self, name: str, maximum: int) -> int:
        return self._checked(
            name, 0,
            lambda value: type(value) is int and 0 <= value <= maximum,
            f'it must be an integer from 0 to {maximum}')

    def time(
        self, name: str, default: datetime.datetime | None = None,
    ) -> datetime.datetime:
        value = self.attributes.get(name)
        if value is None:
            return default or timeutils.utcnow()
        try:
            return timeutils.normalize_time(timeutils.parse_isotime(value))
        except (TypeError, ValueError, OverflowError) as error:
            raise self.error(
                name, 'it must be a time in ISO 8601 format'
            ) from error

    def properties(self) -> dict[str, str]:
        properties = {
            name: value for name, value in self.attributes.items()
            if name not in image_base.IMAGE_ATTRIBUTES and value is not None}
        for name, value in properties.items():
            if not name or not _is_text(name, models.MAX_NAME):
                raise self.error(
                    repr(name), 'the name of a property must have 1 to '
                    f'{models.MAX_NAME} characters')
            if not _is_text(value, MAX_VALUE):
                raise self.error(
                    name, 'the value of a property must be text of at most '
                    f'{MAX_VALUE} characters')
        return properties


def _is_text(value: Any, maximum: int) -> bool:
    return (isinstance(value, str) and len(value) <= maximum
            and not NO_TEXT.search(value))


def _is_canonical_uuid(value: Any) -> bool:
    return (isinstance(value, str) and uuidutils.is_uuid_like(value)
            and value == str(uuid.UUID(value)))
