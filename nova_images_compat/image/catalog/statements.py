# SPDX-License-Identifier: Apache-2.0

"""Reads and writes the catalogue's images on a given connection."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import datetime
from typing import Any

from oslo_utils import timeutils
import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import listing

Image = models.Image
Member = models.ImageMember
Property = models.ImageProperty
IMAGES = listing.IMAGES
PROPERTIES = listing.PROPERTIES

# By whether the caller is an admin. To build a statement takes more time than
# to execute it.
GET = {
    is_admin: sa.select(
        *listing.SHOWN, listing.properties_of(IMAGES.c.id),
    ).where(
        IMAGES.c.id == sa.bindparam('image_id'), listing.readable(is_admin))
    for is_admin in (True, False)}
EXISTS = {
    is_admin: sa.select(IMAGES.c.id).where(
        IMAGES.c.id == sa.bindparam('image_id'), listing.readable(is_admin))
    for is_admin in (True, False)}

# Takes the current properties of an image, and returns the new ones.
ChangeMetadata = Callable[[Mapping[str, str]], Mapping[str, str]]


@dataclasses.dataclass(frozen=True)
class Record:
    """An image of the catalogue, with the names of the Image service API v2.

    :ivar size: in bytes
    :ivar min_ram: in MiB
    :ivar min_disk: in GiB
    :ivar created_at: UTC, naive
    :ivar updated_at: UTC, naive
    """

    id: str
    name: str | None
    owner: str | None
    visibility: str
    status: str
    protected: bool
    size: int
    min_ram: int
    min_disk: int
    created_at: datetime.datetime
    updated_at: datetime.datetime
    properties: Mapping[str, str]

    @property
    def listed_for(self) -> str | None:
        """The column ``listed_for`` of the image, see ``models``."""
        if self.visibility == models.PUBLIC:
            return models.EVERYBODY
        return self.owner or None


def get(
    connection: sa.Connection, context: request_context.RequestContext,
    image_id: str,
) -> sa.Row:
    """Return an image: the columns of ``listing.SHOWN``, and "properties".

    :raises: ImageNotFound: it does not exist, or the caller may not see it
    """
    row = connection.execute(
        GET[bool(context.is_admin)],
        {'image_id': image_id, 'project': context.project_id}).one_or_none()
    if row is None:
        raise exception.ImageNotFound()
    return row


def list_page(
    connection: sa.Connection, context: request_context.RequestContext,
    query: image_base.ImageQuery,
) -> Sequence[sa.Row]:
    """Return the images of a page, in order: the columns of
    ``listing.SHOWN``, and "properties" if the query wants the metadata.

    :raises: InvalidParameter: the marker is not an image that the caller may
        see
    """
    page = listing.page_of(context, query)
    rows: Sequence[sa.Row] = ()
    if page is not None:
        rows = connection.execute(page.statement, page.parameters).all()
    if not rows:
        _check_marker(connection, context, query.marker)
    return rows


def _check_marker(
    connection: sa.Connection, context: request_context.RequestContext,
    marker: str | None,
) -> None:
    if marker is not None and not exists(connection, context, marker):
        raise image_base.invalid_marker(marker)


def exists(
    connection: sa.Connection, context: request_context.RequestContext,
    image_id: str,
) -> bool:
    """Return whether an image exists and the caller may see it."""
    return connection.scalar(
        EXISTS[bool(context.is_admin)],
        {'image_id': image_id, 'project': context.project_id}) is not None


def delete(
    connection: sa.Connection, context: request_context.RequestContext,
    image_id: str,
) -> None:
    """Delete an image, its properties and its members.

    :raises: ImageNotFound: it does not exist, or the caller may not see it
    :raises: ImageDeleteNotAuthorized: it is protected, or the caller may not
        change it
    """
    deleted = connection.execute(sa.delete(Image).where(
        Image.id == image_id, _changeable(context),
        Image.protected == sa.false()))
    if deleted.rowcount:
        return
    if not exists(connection, context, image_id):
        raise exception.ImageNotFound()
    raise exception.ImageDeleteNotAuthorized()


def change_metadata(
    connection: sa.Connection, context: request_context.RequestContext,
    image_id: str,
    change: ChangeMetadata,
) -> Mapping[str, str]:
    """Change the properties of an image.

    The first statement locks the image's row, so that concurrent changes of
    one image wait for each other. Only rows that differ are written.

    :param change: returns the new properties; its errors roll back the
        transaction
    :returns: the new properties
    :raises: ImageNotFound: the image does not exist, or the caller may not
        see it
    :raises: ImageNotAuthorized: the caller may not change the image
    """
    locked = connection.execute(
        sa.update(Image).where(Image.id == image_id, _changeable(context))
        .values(updated_at=Image.updated_at)).rowcount
    current = get(connection, context, image_id).properties
    wanted = change(current)
    if not locked:
        raise exception.ImageNotAuthorized(image_id=image_id)
    if wanted != current:
        _write_properties(connection, image_id, current, wanted)
        connection.execute(
            sa.update(Image).where(Image.id == image_id)
            .values(updated_at=timeutils.utcnow()))
    return wanted


def add(connection: sa.Connection, records: Iterable[Record]) -> None:
    """Add images to the catalogue."""
    images = []
    properties: list[dict[str, Any]] = []
    for record in records:
        image = {field.name: getattr(record, field.name)
                 for field in dataclasses.fields(record)
                 if field.name != 'properties'}
        images.append({**image, 'listed_for': record.listed_for})
        properties += _property_rows(
            record.id, record.listed_for, record.created_at,
            record.properties)
    if images:
        connection.execute(sa.insert(Image), images)
    if properties:
        connection.execute(sa.insert(Property), properties)


def export(
    connection: sa.Connection, image_id: str | None = None,
) -> Iterator[Record]:
    """Return all images of the catalogue, oldest first.

    :param image_id: the id of the only image to return, if it exists
    """
    wanted = sa.true() if image_id is None else Image.id == image_id
    images = connection.execute(
        sa.select(Image.__table__).where(wanted)
        .order_by(Image.created_at, Image.id)).all()
    properties: dict[str, dict[str, str]] = {}
    for owner_id, name, value in connection.execute(
            sa.select(Property.image_id, Property.name, Property.value)
            .join(Image, Image.id == Property.image_id).where(wanted)):
        properties.setdefault(owner_id, {})[name] = value
    for image in images:
        columns = image._asdict()
        del columns['listed_for']
        yield Record(**columns, properties=properties.get(image.id, {}))


def existing(
    connection: sa.Connection, image_ids: Sequence[str],
) -> set[str]:
    """Return the ids that the catalogue already has."""
    return set(connection.scalars(
        sa.select(Image.id).where(Image.id.in_(image_ids))))


def share(
    connection: sa.Connection, image_id: str, project_id: str, status: str,
) -> str:
    """Share an image with a project, or change the status of the member.

    An image that does not have the visibility "shared" does not change.

    :returns: the visibility of the image
    :raises: ImageNotFound: it does not exist
    """
    image = connection.execute(sa.select(
        Image.visibility, Image.created_at).where(
            Image.id == image_id).with_for_update()).one_or_none()
    if image is None:
        raise exception.ImageNotFound()
    if image.visibility == models.SHARED:
        connection.execute(sa.delete(Member).where(
            Member.image_id == image_id, Member.member == project_id))
        connection.execute(sa.insert(Member).values(
            image_id=image_id, member=project_id, status=status,
            created_at=image.created_at))
    visibility: str = image.visibility
    return visibility


def _changeable(
    context: request_context.RequestContext,
) -> sa.ColumnElement[bool]:
    """Return the SQL condition that the caller may change an image."""
    if context.is_reader_only:
        return sa.false()
    if context.is_admin:
        return sa.true()
    if not context.project_id:
        return sa.false()
    return Image.owner == context.project_id


def _write_properties(
    connection: sa.Connection, image_id: str, current: Mapping[str, str],
    wanted: Mapping[str, str],
) -> None:
    removed = current.keys() - wanted.keys()
    changed = {name: wanted[name] for name in wanted.keys() & current.keys()
               if wanted[name] != current[name]}
    added = {name: wanted[name] for name in wanted.keys() - current.keys()}
    if removed:
        connection.execute(sa.delete(Property).where(
            Property.image_id == image_id,
            Property.name.in_(sorted(removed))))
    if changed:
        connection.execute(
            sa.update(Property).where(
                Property.image_id == image_id,
                Property.name == sa.bindparam('key'))
            .values(value=sa.bindparam('new_value'),
                    value_digest=sa.bindparam('new_digest')),
            [{'key': name, 'new_value': value,
              'new_digest': listing.digest(value)}
             for name, value in sorted(changed.items())])
    if added:
        image = connection.execute(sa.select(
            Image.listed_for, Image.created_at).where(
                Image.id == image_id)).one()
        connection.execute(sa.insert(Property), _property_rows(
            image_id, image.listed_for, image.created_at, added))


def _property_rows(
    image_id: str, listed_for: str | None, created: datetime.datetime,
    properties: Mapping[str, str],
) -> list[dict[str, Any]]:
    return [
        {'image_id': image_id, 'name': name, 'value': value,
         'value_digest': listing.digest(value), 'listed_for': listed_for,
         'created_at': created}
        for name, value in sorted(properties.items())]
