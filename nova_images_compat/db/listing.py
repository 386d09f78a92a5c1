# SPDX-License-Identifier: Apache-2.0

"""The statements of a list of images.

A list is put together of parts that each are read off one index in the
list's order: the public images, the project's own, and those shared with it;
and each of them by status, if several are wanted. The newest of each part,
together, hold the newest of all.

Putting a statement together costs more than the database takes for it, so it
is done once for each shape of a query; the values are its parameters.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import functools
import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat.db import types
from nova_images_compat.image import base

Image = models.Image
Member = models.ImageMember
Property = models.ImageProperty

SHOWN = (
    Image.id, Image.name, Image.status, Image.size, Image.min_ram,
    Image.min_disk, Image.created_at, Image.updated_at)

# The conditions on an image's own columns, by attribute of an ImageQuery.
CONDITIONS = {
    'name': Image.name == sa.bindparam('name'),
    'min_ram': Image.min_ram == sa.bindparam('min_ram'),
    'min_disk': Image.min_disk == sa.bindparam('min_disk'),
    'changes_since': Image.updated_at >= sa.bindparam('changes_since'),
}

MAX_SHAPES = 500


def digest(value: str) -> str:
    """Return what stands for a property's value in indexes."""
    return hashlib.blake2b(value.encode('utf-8'), digest_size=8).hexdigest()


def readable(is_admin: bool, image: Any = Image) -> sa.ColumnElement[bool]:
    """Return the condition that a caller may see an image, by its id.

    :param is_admin: whether the caller is an admin; if not, their project is
        the statement's parameter "project"
    :param image: the image, or an alias of it
    """
    if is_admin:
        return sa.true()
    project = sa.bindparam('project', type_=Image.owner.type)
    shared = sa.and_(
        image.visibility == models.SHARED,
        sa.exists().where(
            Member.image_id == image.id,
            Member.member == project,
            Member.status == models.ACCEPTED))
    return sa.or_(
        # in_() would be put together anew each time.
        image.visibility == models.PUBLIC,
        image.visibility == models.COMMUNITY,
        image.owner == project, shared)


@dataclasses.dataclass(frozen=True)
class Page:
    """How a page of a list is read.

    :ivar images: the statement that reads its images, in order
    :ivar properties: the one that reads their properties
    :ivar parameters: the parameters of both
    """

    images: sa.Select
    properties: Any
    parameters: dict[str, Any]


def page_of(
    context: request_context.RequestContext, query: base.ImageQuery,
) -> Page | None:
    """Return how the page that a caller asks for is read.

    It is empty if the marker is no image that the caller sees.

    :param context: who asks
    :param query: what they ask for
    :returns: None if no image at all can match
    """
    if _matches_nothing(query):
        return None
    statuses = sorted(query.statuses or ())
    # The first item is the one by which a list is read: a server has few
    # images.
    metadata = dict(sorted(
        query.metadata.items(), key=lambda item: item[0] != base.SERVER_KEY))
    images, properties = _statements(_Shape(
        is_admin=bool(context.is_admin),
        has_project=bool(context.project_id),
        statuses=len(statuses),
        metadata=len(metadata),
        conditions=tuple(
            name for name in CONDITIONS if getattr(query, name) is not None),
        has_marker=query.marker is not None,
        has_limit=query.limit is not None))
    return Page(images, properties, {
        'project': context.project_id,
        **{name: getattr(query, name) for name in CONDITIONS},
        **_numbered('status', statuses),
        **_numbered('key', metadata),
        **_numbered('value', metadata.values()),
        **_numbered('digest', map(digest, metadata.values())),
        'marker': query.marker,
        'limit': query.limit,
    })


def _matches_nothing(query: base.ImageQuery) -> bool:
    return (
        query.statuses == frozenset()
        or any(number is not None and not 0 <= number <= models.MAX_INTEGER
               for number in (query.min_ram, query.min_disk)))


def _numbered(name: str, values: Any) -> dict[str, Any]:
    return {f'{name}{number}': value
            for number, value in enumerate(values)}


@dataclasses.dataclass(frozen=True)
class _Shape:
    """What two queries with the same statements have in common.

    :ivar statuses: how many; 0: any
    :ivar metadata: how many items
    :ivar conditions: which of ``CONDITIONS``
    """

    is_admin: bool
    has_project: bool
    statuses: int
    metadata: int
    conditions: tuple[str, ...]
    has_marker: bool
    has_limit: bool


@dataclasses.dataclass(frozen=True)
class _Part:
    """Images that are listed for one reason, and the columns to list by."""

    statement: sa.Select
    created_at: Any
    image_id: Any


@functools.lru_cache(MAX_SHAPES)
def _statements(shape: _Shape) -> tuple[sa.Select, sa.Select]:
    parts = [_newest(part, shape) for part in _parts(shape)]
    if len(parts) == 1:
        page = parts[0]
    else:
        every = sa.union_all(*(sa.select(part) for part in parts)).subquery()
        page = _cut(sa.select(every), every.c.created_at, every.c.id,
                    shape).subquery()
    images = sa.select(page).order_by(
        page.c.created_at.desc(), page.c.id.desc())
    properties = sa.select(
        Property.image_id, Property.name, Property.value,
    ).select_from(page).join(Property, Property.image_id == page.c.id)
    return images, properties


def _parts(shape: _Shape) -> Iterator[_Part]:
    statuses: Sequence[sa.BindParameter | None] = [
        sa.bindparam(f'status{number}') for number in range(shape.statuses)]
    for status in statuses or [None]:
        if shape.is_admin:
            yield _listed(None, status, shape)
            continue
        yield _listed(models.EVERYBODY, status, shape)
        if shape.has_project:
            yield _listed(sa.bindparam('project'), status, shape)
            yield _shared(status, shape)


def _listed(
    listed_for: Any, status: sa.BindParameter | None, shape: _Shape,
) -> _Part:
    """Return what is listed for a project, for everybody, or (None) at all."""
    table: Any = Image
    part = _Part(sa.select(*SHOWN), Image.created_at, Image.id)
    if shape.metadata:
        table = orm.aliased(Property)
        part = _Part(
            _read_first(table).where(*_has(table, 0)),
            table.created_at, table.image_id)
    if listed_for is not None:
        part = dataclasses.replace(
            part, statement=part.statement.where(
                table.listed_for == listed_for))
    return _restricted(part, status, range(1, shape.metadata))


def _shared(status: sa.BindParameter | None, shape: _Shape) -> _Part:
    """Return what other projects share with the caller's."""
    project = sa.bindparam('project', type_=Image.owner.type)
    statement = _read_first(Member).where(
        Member.member == project,
        Member.status == models.ACCEPTED,
        Image.visibility == models.SHARED,
        Image.listed_for.is_distinct_from(project))
    part = _Part(statement, Member.created_at, Member.image_id)
    return _restricted(part, status, range(shape.metadata))


def _read_first(table: Any) -> sa.Select:
    """Return the statement that reads images by way of another table.

    MySQL and MariaDB do not see by themselves that this table's index has the
    order that is wanted, and would sort all images.
    """
    statement = sa.select(*SHOWN).select_from(table).join(
        Image, Image.id == table.image_id)
    for dialect in types.MYSQL_DIALECTS:
        statement = statement.prefix_with('STRAIGHT_JOIN', dialect=dialect)
    return statement


def _restricted(
    part: _Part, status: sa.BindParameter | None, items: range,
) -> _Part:
    statement = part.statement
    if status is not None:
        statement = statement.where(Image.status == status)
    for item in items:
        table = orm.aliased(Property)
        statement = statement.join(
            table, table.image_id == Image.id).where(*_has(table, item))
    return dataclasses.replace(part, statement=statement)


def _has(table: Any, item: int) -> tuple[Any, ...]:
    return (table.name == sa.bindparam(f'key{item}'),
            table.value_digest == sa.bindparam(f'digest{item}'),
            table.value == sa.bindparam(f'value{item}'))


def _newest(part: _Part, shape: _Shape) -> sa.Subquery:
    statement = part.statement.where(
        *(CONDITIONS[name] for name in shape.conditions))
    if shape.has_marker:
        statement = statement.where(*_after_marker(part, shape.is_admin))
    return _cut(
        statement, part.created_at, part.image_id, shape).subquery()


def _after_marker(
    part: _Part, is_admin: bool,
) -> Iterator[sa.ColumnElement[bool]]:
    """Return the conditions that an image comes after the marker, and that
    the caller may see the marker.

    They are apart, since MySQL and MariaDB use an index for the first only
    where its subquery is as simple as this.
    """
    marker = orm.aliased(Image, name='marker')
    marker_id = sa.bindparam('marker', type_=Image.id.type)
    created_at = sa.select(marker.created_at).where(
        marker.id == marker_id).scalar_subquery()
    yield part.created_at <= created_at
    yield sa.or_(part.created_at < created_at, part.image_id < marker_id)
    if not is_admin:
        yield sa.exists().where(
            marker.id == marker_id, readable(is_admin, marker))


def _cut(
    statement: sa.Select, created_at: Any, image_id: Any, shape: _Shape,
) -> sa.Select:
    """Cut a statement down to the newest, if there is a limit to them."""
    if not shape.has_limit:
        return statement
    return statement.order_by(
        created_at.desc(), image_id.desc()).limit(sa.bindparam('limit'))
