# SPDX-License-Identifier: Apache-2.0

"""The counts of API calls."""

import sqlalchemy as sa

from nova_images_compat.db.migrations import resumable
from nova_images_compat.db import types

revision = '0002'
down_revision = '0001'

METADATA = sa.MetaData()

sa.Table(
    'usage_counts', METADATA,
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('project_id', types.ExactText(255), nullable=False),
    sa.Column('user_agent', types.ExactText(200), nullable=False),
    sa.Column('operation', types.ExactText(64), nullable=False),
    sa.Column('microversion', types.ExactText(16), nullable=False),
    sa.Column('calls', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint(
        'day', 'project_id', 'user_agent', 'operation', 'microversion'),
    mysql_engine='InnoDB', mysql_charset='utf8mb4')


def upgrade() -> None:
    resumable.create_all(METADATA)
