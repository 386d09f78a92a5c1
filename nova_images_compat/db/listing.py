# SPDX-License-Identifier: Apache-2.0

"""The statements of a list of images.

A list is put together of parts that each are read off one index in the
list's order: the public images, the project's own, and those shared with it;
and each of them by status, if several are wanted. The newest of each part,
together, hold the newest of all.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat.image import base

Image = models.Image
Member = models.ImageMember
Property = models.ImageProperty

SHOWN = (
    Image.id, Image.name, Image.status, Image.size, Image.min_ram,
    Image.min_disk, Image.created_at, Image.updated_at)


def digest(value: str) -> str:
    """Return what stands for a property's value in indexes."""
    return hashlib.blake2b(value.encode('utf-8'), digest_size=8).hexdigest()


def readable(
    context: request_context.RequestContext,
) -> sa.ColumnElement[bool]:
    """Return the condition that the caller may see an image, by its id."""
    if context.is_admin:
        return sa.true()
    shared = sa.and_(
        Image.visibility == models.SHARED,
        sa.exists().where(
            Member.image_id == Image.id,
            Member.member == context.project_id,
            Member.status == models.ACCEPTED))
    return sa.or_(
        Image.visibility.in_((models.PUBLIC, models.COMMUNITY)),
        Image.owner == context.project_id, shared)


def page_of(
    context: request_context.RequestContext, query: base.ImageQuery,
) -> sa.Subquery | None:
    """Return the images of a page, as a table in no order.

    :param context: who asks
    :param query: what they ask for
    :returns: None if no image at all can match
    """
    if _matches_nothing(query):
        return None
    parts = [
        _newest(part, context, query) for part in _parts(context, query)]
    if len(parts) == 1:
        return parts[0]
    every = sa.union_all(*(sa.select(part) for part in parts)).subquery()
    return _ordered(
        sa.select(every), every.c.created_at, every.c.id, query.limit,
    ).subquery('page')


def in_order(page: sa.Subquery) -> sa.Select:
    """Return the statement that reads a page."""
    return sa.select(page).order_by(
        page.c.created_at.desc(), page.c.id.desc())


def properties_of(page: sa.Subquery) -> sa.Select:
    """Return the statement that reads the properties of a page's images."""
    return sa.select(
        Property.image_id, Property.name, Property.value,
    ).join(page, page.c.id == Property.image_id)


@dataclasses.dataclass
class _Part:
    """Images that are listed for one reason, and the columns to list by."""

    statement: sa.Select
    created_at: Any
    image_id: Any


def _matches_nothing(query: base.ImageQuery) -> bool:
    return (
        query.statuses == frozenset()
        or any(number is not None and not 0 <= number <= models.MAX_INTEGER
               for number in (query.min_ram, query.min_disk)))


def _parts(
    context: request_context.RequestContext, query: base.ImageQuery,
) -> Iterator[_Part]:
    for status in sorted(query.statuses or ()) or (None,):
        if context.is_admin:
            yield _listed(None, status, query.metadata)
            continue
        yield _listed(models.EVERYBODY, status, query.metadata)
        if context.project_id:
            yield _listed(context.project_id, status, query.metadata)
            yield _shared_with(context.project_id, status, query.metadata)


def _listed(
    listed_for: str | None, status: str | None, metadata: Mapping[str, str],
) -> _Part:
    """Return what is listed for a project, for everybody, or (None) at all."""
    statement = sa.select(*SHOWN)
    table: Any = Image
    part = _Part(statement, Image.created_at, Image.id)
    remaining = dict(metadata)
    if metadata:
        first, value = remaining.popitem()
        table = orm.aliased(Property)
        part.created_at, part.image_id = table.created_at, table.image_id
        part.statement = statement.join(table, table.image_id == Image.id)
        part.statement = part.statement.where(*_has(table, first, value))
    if listed_for is not None:
        part.statement = part.statement.where(table.listed_for == listed_for)
    return _restricted(part, status, remaining)


def _shared_with(
    project_id: str, status: str | None, metadata: Mapping[str, str],
) -> _Part:
    """Return what other projects share with a project."""
    statement = sa.select(*SHOWN).join(
        Member, Member.image_id == Image.id,
    ).where(
        Member.member == project_id,
        Member.status == models.ACCEPTED,
        Image.visibility == models.SHARED,
        Image.listed_for.is_distinct_from(project_id))
    part = _Part(statement, Member.created_at, Member.image_id)
    return _restricted(part, status, metadata)


def _restricted(
    part: _Part, status: str | None, metadata: Mapping[str, str],
) -> _Part:
    if status is not None:
        part.statement = part.statement.where(Image.status == status)
    for name, value in metadata.items():
        table = orm.aliased(Property)
        part.statement = part.statement.join(
            table, table.image_id == Image.id,
        ).where(*_has(table, name, value))
    return part


def _has(table: Any, name: str, value: str) -> tuple[Any, ...]:
    return (table.name == name, table.value_digest == digest(value),
            table.value == value)


def _newest(
    part: _Part, context: request_context.RequestContext,
    query: base.ImageQuery,
) -> sa.Subquery:
    statement = part.statement
    for column, value in (
            (Image.name, query.name), (Image.min_ram, query.min_ram),
            (Image.min_disk, query.min_disk)):
        if value is not None:
            statement = statement.where(column == value)
    if query.changes_since is not None:
        statement = statement.where(Image.updated_at >= query.changes_since)
    if query.marker is not None:
        marker = orm.aliased(Image, sa.select(Image).where(
            Image.id == query.marker, readable(context)).subquery())
        created = sa.select(marker.created_at).scalar_subquery()
        statement = statement.where(
            part.created_at <= created,
            sa.or_(part.created_at < created, part.image_id < query.marker))
    return _ordered(
        statement, part.created_at, part.image_id, query.limit).subquery()


def _ordered(
    statement: sa.Select, created_at: Any, image_id: Any,
    limit: int | None,
) -> sa.Select:
    """Cut a statement down to the newest, if there is a limit to them."""
    if limit is None:
        return statement
    return statement.order_by(
        created_at.desc(), image_id.desc()).limit(limit)
