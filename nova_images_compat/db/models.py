# SPDX-License-Identifier: Apache-2.0

"""The tables of the catalogue and of the counts of API calls.

A list of images is ordered by (created_at, id), newest first. Each index that
a list uses ends in these two columns, so that the database reads any page in
order from the index, without sorting.

The column ``listed_for`` makes this possible. It says whose lists have the
image: '' means everybody (a public image), a project's id means this project,
and NULL means nobody (an image without an owner).

The owner, visibility and creation time of an image never change. Therefore
the tables of properties and members have copies of them, for their indexes.
"""

import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from nova_images_compat.db import types

# Not Alembic's default name, which another service in the same database may
# use.
VERSION_TABLE = 'nova_images_compat_version'
# The last migration.
SCHEMA_VERSION = '0002'

EVERYBODY = ''

PUBLIC = 'public'
COMMUNITY = 'community'
SHARED = 'shared'
PRIVATE = 'private'
VISIBILITIES = (PUBLIC, COMMUNITY, SHARED, PRIVATE)

ACCEPTED = 'accepted'
MEMBER_STATUSES = (ACCEPTED, 'pending', 'rejected')

MAX_NAME = 255
MAX_USER_AGENT = 200
MAX_SIZE = 2 ** 63 - 1

_MYSQL = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4'}


class Base(orm.DeclarativeBase):
    pass


class Image(Base):
    """The attributes of an image."""

    __tablename__ = 'images'
    __table_args__ = (
        sa.Index('images_by_time', 'created_at', 'id'),
        sa.Index('images_by_name', 'name', 'created_at', 'id'),
        sa.Index('images_by_status', 'status', 'created_at', 'id'),
        sa.Index('images_listed_by_time', 'listed_for', 'created_at', 'id'),
        sa.Index('images_listed_by_name',
                 'listed_for', 'name', 'created_at', 'id'),
        sa.Index('images_listed_by_status',
                 'listed_for', 'status', 'created_at', 'id'),
        _MYSQL,
    )

    id: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(36), primary_key=True)
    name: orm.Mapped[str | None] = orm.mapped_column(
        types.ExactText(MAX_NAME))
    owner: orm.Mapped[str | None] = orm.mapped_column(
        types.ExactText(MAX_NAME))
    listed_for: orm.Mapped[str | None] = orm.mapped_column(
        types.ExactText(MAX_NAME))
    visibility: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    status: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    protected: orm.Mapped[bool] = orm.mapped_column(sa.Boolean())
    size: orm.Mapped[int] = orm.mapped_column(sa.BigInteger())
    min_ram: orm.Mapped[int] = orm.mapped_column(sa.Integer())
    min_disk: orm.Mapped[int] = orm.mapped_column(sa.Integer())
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        types.timestamp())
    updated_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        types.timestamp())


def _image_id() -> orm.MappedColumn[str]:
    return orm.mapped_column(
        types.ExactText(36), sa.ForeignKey('images.id', ondelete='CASCADE'),
        primary_key=True)


class ImageProperty(Base):
    """A metadata item of an image.

    Indexes cannot contain long text. They have ``value_digest`` instead of
    the value.
    """

    __tablename__ = 'image_properties'
    __table_args__ = (
        sa.Index('properties_by_value',
                 'name', 'value_digest', 'created_at', 'image_id'),
        sa.Index('properties_listed_by_value',
                 'listed_for', 'name', 'value_digest', 'created_at',
                 'image_id'),
        _MYSQL,
    )

    image_id: orm.Mapped[str] = _image_id()
    name: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(MAX_NAME), primary_key=True)
    value: orm.Mapped[str] = orm.mapped_column(types.long_text())
    value_digest: orm.Mapped[str] = orm.mapped_column(types.ExactText(16))
    listed_for: orm.Mapped[str | None] = orm.mapped_column(
        types.ExactText(MAX_NAME))
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        types.timestamp())


class ImageMember(Base):
    """A project with which an image is shared."""

    __tablename__ = 'image_members'
    __table_args__ = (
        sa.Index('members_by_time',
                 'member', 'status', 'created_at', 'image_id'),
        _MYSQL,
    )

    image_id: orm.Mapped[str] = _image_id()
    member: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(MAX_NAME), primary_key=True)
    status: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    created_at: orm.Mapped[datetime.datetime] = orm.mapped_column(
        types.timestamp())


class UsageCount(Base):
    """Number of calls that share all other columns.

    :ivar day: in UTC
    """

    __tablename__ = 'usage_counts'
    __table_args__ = (_MYSQL,)

    day: orm.Mapped[datetime.date] = orm.mapped_column(
        sa.Date(), primary_key=True)
    project_id: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(MAX_NAME), primary_key=True)
    user_agent: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(MAX_USER_AGENT), primary_key=True)
    operation: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(64), primary_key=True)
    microversion: orm.Mapped[str] = orm.mapped_column(
        types.ExactText(16), primary_key=True)
    calls: orm.Mapped[int] = orm.mapped_column(sa.BigInteger())
