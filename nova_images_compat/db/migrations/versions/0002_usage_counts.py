# SPDX-License-Identifier: Apache-2.0

"""How many calls there were."""

from alembic import op
import sqlalchemy as sa

from nova_images_compat.db import types

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    op.create_table(
        'usage_counts',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('project_id', types.ExactText(255), nullable=False),
        sa.Column('user_agent', types.ExactText(200), nullable=False),
        sa.Column('operation', types.ExactText(64), nullable=False),
        sa.Column('microversion', types.ExactText(16), nullable=False),
        sa.Column('calls', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            'day', 'project_id', 'user_agent', 'operation', 'microversion'),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')
