# SPDX-License-Identifier: Apache-2.0

"""Steps of migrations that can be repeated after an interruption.

MySQL, MariaDB and SQLite commit each CREATE statement by itself.
"""

from alembic import op
import sqlalchemy as sa


def create_all(metadata: sa.MetaData) -> None:
    """Create all missing tables and indexes."""
    connection = op.get_bind()
    for table in metadata.sorted_tables:
        table.create(connection, checkfirst=True)
        for index in sorted(
                table.indexes, key=lambda index: str(index.name)):
            index.create(connection, checkfirst=True)
