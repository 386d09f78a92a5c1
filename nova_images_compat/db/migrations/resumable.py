# SPDX-License-Identifier: Apache-2.0

"""Steps of migrations that go on where an interrupted run stopped: MySQL,
MariaDB and SQLite commit each statement that creates something.
"""

from alembic import op
import sqlalchemy as sa


def create_all(metadata: sa.MetaData) -> None:
    """Create those of some tables and their indexes that are missing."""
    connection = op.get_bind()
    for table in metadata.sorted_tables:
        table.create(connection, checkfirst=True)
        for index in sorted(
                table.indexes, key=lambda index: str(index.name)):
            index.create(connection, checkfirst=True)
