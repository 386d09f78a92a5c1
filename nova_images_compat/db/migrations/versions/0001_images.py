# SPDX-License-Identifier: Apache-2.0

"""The catalogue: images, properties and members."""

import sqlalchemy as sa

from nova_images_compat.db.migrations import resumable
from nova_images_compat.db import types

revision = '0001'
down_revision = None

MYSQL = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4'}
METADATA = sa.MetaData()

sa.Table(
    'images', METADATA,
    sa.Column('id', types.ExactText(36), nullable=False),
    sa.Column('name', types.ExactText(255)),
    sa.Column('owner', types.ExactText(255)),
    sa.Column('listed_for', types.ExactText(255)),
    sa.Column('visibility', sa.String(16), nullable=False),
    sa.Column('status', sa.String(32), nullable=False),
    sa.Column('protected', sa.Boolean(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('min_ram', sa.Integer(), nullable=False),
    sa.Column('min_disk', sa.Integer(), nullable=False),
    sa.Column('created_at', types.timestamp(), nullable=False),
    sa.Column('updated_at', types.timestamp(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.Index('images_by_time', 'created_at', 'id'),
    sa.Index('images_by_name', 'name', 'created_at', 'id'),
    sa.Index('images_by_status', 'status', 'created_at', 'id'),
    sa.Index('images_listed_by_time', 'listed_for', 'created_at', 'id'),
    sa.Index('images_listed_by_name',
             'listed_for', 'name', 'created_at', 'id'),
    sa.Index('images_listed_by_status',
             'listed_for', 'status', 'created_at', 'id'),
    **MYSQL)

sa.Table(
    'image_properties', METADATA,
    sa.Column('image_id', types.ExactText(36), nullable=False),
    sa.Column('name', types.ExactText(255), nullable=False),
    sa.Column('value', types.long_text(), nullable=False),
    sa.Column('value_digest', types.ExactText(16), nullable=False),
    sa.Column('listed_for', types.ExactText(255)),
    sa.Column('created_at', types.timestamp(), nullable=False),
    sa.PrimaryKeyConstraint('image_id', 'name'),
    sa.ForeignKeyConstraint(
        ['image_id'], ['images.id'], ondelete='CASCADE'),
    sa.Index('properties_by_value',
             'name', 'value_digest', 'created_at', 'image_id'),
    sa.Index('properties_listed_by_value',
             'listed_for', 'name', 'value_digest', 'created_at',
             'image_id'),
    **MYSQL)

sa.Table(
    'image_members', METADATA,
    sa.Column('image_id', types.ExactText(36), nullable=False),
    sa.Column('member', types.ExactText(255), nullable=False),
    sa.Column('status', sa.String(16), nullable=False),
    sa.Column('created_at', types.timestamp(), nullable=False),
    sa.PrimaryKeyConstraint('image_id', 'member'),
    sa.ForeignKeyConstraint(
        ['image_id'], ['images.id'], ondelete='CASCADE'),
    sa.Index('members_by_time',
             'member', 'status', 'created_at', 'image_id'),
    **MYSQL)


def upgrade() -> None:
    resumable.create_all(METADATA)
