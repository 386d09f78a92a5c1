# SPDX-License-Identifier: Apache-2.0

"""Builds the SQL statements of lists of images.

A list consists of several parts: the public images, the project's own images,
and the images that other projects share with it. A filter for several
statuses divides each part by status. The database reads each part from one
index, which has the order of the list, and takes only the newest images. The
newest images of all parts together contain the newest images of the list.

To compile a statement takes more time than to execute it. Therefore each
*shape* of a query is compiled once, and the values are parameters. The number
of shapes is small for all combinations of filters: one filter determines the
index, and the statement has either all of the other filters or none of them.
A filter whose parameter is NULL has no effect.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import enum
import functools
import hashlib
from typing import Any
from typing import cast

import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat.db import types
from nova_images_compat.image import base as image_base
from nova_images_compat.image import status

# Statements with these tables compile several times faster than statements
# with the ORM's classes.
IMAGES = cast(sa.Table, models.Image.__table__)
MEMBERS = cast(sa.Table, models.ImageMember.__table__)
PROPERTIES = cast(sa.Table, models.ImageProperty.__table__)

SHOWN = tuple(IMAGES.c[name] for name in (
    'id', 'name', 'status', 'size', 'min_ram', 'min_disk', 'created_at',
    'updated_at'))

# One parameter for each of the statuses that one status of the API can mean.
STATUSES = tuple(f'status{number}' for number in range(max(
    len(status.statuses_of(shown))
    for shown in status.SHOWN_AS.values())))


class Index(enum.Enum):
    """The index that a list is read from, named by its first columns."""

    TIME = enum.auto()
    NAME = enum.auto()
    STATUS = enum.auto()
    STATUSES = enum.auto()
    METADATA = enum.auto()


@dataclasses.dataclass(frozen=True)
class Shape:
    """The properties of a query that determine its statements.

    :ivar is_admin: whether the caller is an admin
    :ivar index: the index that the list is read from
    :ivar has_more_metadata: whether the query has metadata items in addition
        to the one of the index
    :ivar is_restricted: whether the query has filters in addition to metadata
        and the filter of the index
    :ivar has_marker: whether the query has a marker
    """

    is_admin: bool
    index: Index
    has_more_metadata: bool
    is_restricted: bool
    has_marker: bool


# One parameter for each part of a list that is read by metadata, all with the
# same value: before 2.0.40, SQLAlchemy expands a parameter that is a list of
# tuples only once in a statement.
ITEMS = tuple(f'items{number}' for number in range(3))

# All combinations. Only Index.METADATA has has_more_metadata.
MAX_SHAPES = (len(Index) + 1) * 2 ** 3

# The parameter of a query without a limit.
NO_LIMIT = 2 ** 63 - 1


def digest(value: str) -> str:
    """Return the value_digest of a property's value."""
    return hashlib.blake2b(value.encode('utf-8'), digest_size=8).hexdigest()


def properties_of(image_id: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """Return the column "properties": a dictionary of an image's properties.

    :param image_id: the column with the image's id in the same statement
    """
    return sa.select(types.collected(
        PROPERTIES.c.name, PROPERTIES.c.value,
    )).where(PROPERTIES.c.image_id == image_id).scalar_subquery().label(
        'properties')


def readable(
    is_admin: bool, image: sa.FromClause = IMAGES,
) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a caller may see an image.

    :param is_admin: whether the caller is an admin; if not, the statement
        needs their project as the parameter "project"
    :param image: the table of images, or an alias of it
    """
    if is_admin:
        return sa.true()
    project = sa.bindparam('project', type_=IMAGES.c.owner.type)
    shared = sa.and_(
        image.c.visibility == models.SHARED,
        sa.exists().where(
            MEMBERS.c.image_id == image.c.id,
            MEMBERS.c.member == project,
            MEMBERS.c.status == models.ACCEPTED))
    return sa.or_(
        # in_() would be compiled again for each execution.
        image.c.visibility == models.PUBLIC,
        image.c.visibility == models.COMMUNITY,
        image.c.owner == project, shared)


@dataclasses.dataclass(frozen=True)
class Page:
    """The statement of a page, and its parameters.

    :ivar statement: reads the images, in order, and their properties if the
        query wants them
    """

    statement: sa.Select
    parameters: dict[str, Any]


def page_of(
    context: request_context.RequestContext, query: image_base.ImageQuery,
) -> Page | None:
    """Return the statement of a page.

    The page is empty if the marker is not an image that the caller may see.

    :param context: the caller
    :param query: a query with at most as many statuses as ``STATUSES`` has
    :returns: None if no image can match
    """
    if image_base.selects_nothing(query):
        return None
    images, with_properties = _statements(_shape_of(context, query))
    parameters = {
        # NULL matches nothing; '' would match the public images.
        'project': context.project_id or None,
        'name': query.name,
        'min_ram': query.min_ram,
        'min_disk': query.min_disk,
        'changes_since': query.changes_since,
        **dict.fromkeys(STATUSES),
        'marker': query.marker,
        'limit': NO_LIMIT if query.limit is None else query.limit,
    }
    parameters.update(zip(STATUSES, sorted(query.statuses or ())))
    if query.metadata:
        parameters.update(_metadata_parameters(query.metadata))
    return Page(
        with_properties if query.with_metadata else images, parameters)


def _shape_of(
    context: request_context.RequestContext, query: image_base.ImageQuery,
) -> Shape:
    index = Index.TIME
    if query.metadata:
        index = Index.METADATA
    elif query.name is not None:
        index = Index.NAME
    elif query.statuses:
        index = Index.STATUS if len(query.statuses) == 1 else Index.STATUSES
    return Shape(
        is_admin=bool(context.is_admin),
        index=index,
        has_more_metadata=len(query.metadata) > 1,
        is_restricted=(
            query.min_ram is not None or query.min_disk is not None
            or query.changes_since is not None
            or (query.name is not None and index is not Index.NAME)
            or (query.statuses is not None
                and index not in (Index.STATUS, Index.STATUSES))),
        has_marker=query.marker is not None)


def _metadata_parameters(metadata: Mapping[str, str]) -> dict[str, Any]:
    # The server selects the fewest images.
    first = (image_base.SERVER_KEY if image_base.SERVER_KEY in metadata
             else min(metadata))
    more = [(key, digest(value), value)
            for key, value in metadata.items() if key != first]
    return {
        'key': first, 'digest': digest(metadata[first]),
        'value': metadata[first], 'keys': [key for key, *_ in more],
        **dict.fromkeys(ITEMS, more), 'count': len(more)}


@dataclasses.dataclass(frozen=True)
class _Part:
    """A part of a list, and the columns to order it by."""

    statement: sa.Select
    created_at: sa.ColumnElement[Any]
    image_id: sa.ColumnElement[str]


@functools.lru_cache(MAX_SHAPES)
def _statements(shape: Shape) -> tuple[sa.Select, sa.Select]:
    """Return the statements of pages without and with properties."""
    parts = [_newest(part, number, shape)
             for number, part in enumerate(_parts(shape))]
    if len(parts) == 1:
        page = parts[0]
    else:
        every = sa.union_all(*(sa.select(part) for part in parts)).subquery()
        page = _cut(
            sa.select(every), every.c.created_at, every.c.id).subquery()
    images = sa.select(page).order_by(
        page.c.created_at.desc(), page.c.id.desc())
    return images, images.add_columns(properties_of(page.c.id))


def _parts(shape: Shape) -> Iterator[_Part]:
    if shape.is_admin:
        yield from _listed(None, shape)
        return
    yield from _listed(models.EVERYBODY, shape)
    yield from _listed(sa.bindparam('project'), shape)
    yield _shared(shape)


def _listed(listed_for: Any, shape: Shape) -> Iterator[_Part]:
    """Return the parts with this value of listed_for, or (None) with any."""
    table = IMAGES
    part = _Part(sa.select(*SHOWN), IMAGES.c.created_at, IMAGES.c.id)
    if shape.index is Index.METADATA:
        table = PROPERTIES
        part = _Part(
            _read_first(PROPERTIES).where(*_has_item(PROPERTIES)),
            PROPERTIES.c.created_at, PROPERTIES.c.image_id)
    if listed_for is not None:
        part = _where(part, table.c.listed_for == listed_for)
    if shape.index is Index.NAME:
        part = _where(part, _is('name'))
    if shape.index is Index.STATUS:
        yield _where(part, _is('status', STATUSES[0]))
    elif shape.index is Index.STATUSES:
        yield from (_where(part, _is('status', name)) for name in STATUSES)
    else:
        yield part


def _shared(shape: Shape) -> _Part:
    """Return the images that other projects share with the caller's."""
    project = sa.bindparam('project', type_=IMAGES.c.owner.type)
    part = _Part(
        _read_first(MEMBERS).where(
            MEMBERS.c.member == project,
            MEMBERS.c.status == models.ACCEPTED,
            IMAGES.c.visibility == models.SHARED,
            IMAGES.c.listed_for.is_distinct_from(project)),
        MEMBERS.c.created_at, MEMBERS.c.image_id)
    if shape.index is Index.METADATA:
        return dataclasses.replace(part, statement=part.statement.join(
            PROPERTIES, PROPERTIES.c.image_id == IMAGES.c.id,
        ).where(*_has_item(PROPERTIES)))
    if shape.index is Index.NAME:
        return _where(part, _is('name'))
    if shape.index in (Index.STATUS, Index.STATUSES):
        return _where(part, _is_of_statuses())
    return part


def _read_first(table: sa.Table) -> sa.Select:
    """Return the statement that reads images in the order of another table.

    Without STRAIGHT_JOIN, MySQL and MariaDB do not use the index of that
    table, and sort all images.
    """
    statement = sa.select(*SHOWN).select_from(table).join(
        IMAGES, IMAGES.c.id == table.c.image_id)
    for dialect in types.MYSQL_DIALECTS:
        statement = statement.prefix_with('STRAIGHT_JOIN', dialect=dialect)
    return statement


def _where(part: _Part, *conditions: sa.ColumnElement[bool]) -> _Part:
    return dataclasses.replace(
        part, statement=part.statement.where(*conditions))


def _is(column: str, parameter: str | None = None) -> sa.ColumnElement[bool]:
    return IMAGES.c[column] == sa.bindparam(parameter or column)


def _is_of_statuses() -> sa.ColumnElement[bool]:
    return sa.or_(*(_is('status', name) for name in STATUSES))


def _has_item(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.name == sa.bindparam('key'),
            table.c.value_digest == sa.bindparam('digest'),
            table.c.value == sa.bindparam('value'))


def _has_more_metadata(part_number: int) -> sa.ColumnElement[bool]:
    """Return the SQL condition that an image has all other metadata items.

    The condition on the keys alone lets all databases use the primary key.
    """
    item = PROPERTIES.alias('item')
    number = sa.select(sa.func.count()).where(
        item.c.image_id == IMAGES.c.id,
        item.c.name.in_(sa.bindparam('keys', expanding=True)),
        sa.tuple_(item.c.name, item.c.value_digest, item.c.value).in_(
            sa.bindparam(ITEMS[part_number], expanding=True)))
    return number.scalar_subquery() == sa.bindparam('count')


def _restrictions() -> Iterator[sa.ColumnElement[bool]]:
    """Return the SQL conditions of the filters without an index."""
    for name, condition in (
            ('name', _is('name')),
            (STATUSES[0], _is_of_statuses()),
            ('min_ram', _is('min_ram')),
            ('min_disk', _is('min_disk')),
            ('changes_since',
             IMAGES.c.updated_at >= sa.bindparam('changes_since'))):
        yield sa.or_(sa.bindparam(name).is_(None), condition)


def _newest(part: _Part, number: int, shape: Shape) -> sa.Subquery:
    if shape.has_more_metadata:
        part = _where(part, _has_more_metadata(number))
    if shape.is_restricted:
        part = _where(part, *_restrictions())
    if shape.has_marker:
        part = _where(part, *_after_marker(part, shape.is_admin))
    return _cut(part.statement, part.created_at, part.image_id).subquery()


def _after_marker(
    part: _Part, is_admin: bool,
) -> Iterator[sa.ColumnElement[bool]]:
    """Return the SQL conditions of the marker.

    The image comes after the marker, and the caller may see the marker. These
    are separate conditions, as MySQL and MariaDB use an index for the first
    one only if its subquery is this simple.
    """
    marker = IMAGES.alias('marker')
    marker_id = sa.bindparam('marker', type_=IMAGES.c.id.type)
    created_at = sa.select(marker.c.created_at).where(
        marker.c.id == marker_id).scalar_subquery()
    yield part.created_at <= created_at
    yield sa.or_(part.created_at < created_at, part.image_id < marker_id)
    if not is_admin:
        yield sa.exists().where(
            marker.c.id == marker_id, readable(is_admin, marker))


def _cut(
    statement: sa.Select, created_at: Any, image_id: Any,
) -> sa.Select:
    """Limit a statement to the newest images."""
    return statement.order_by(
        created_at.desc(), image_id.desc()).limit(sa.bindparam('limit'))
