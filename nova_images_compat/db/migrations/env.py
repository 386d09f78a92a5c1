# SPDX-License-Identifier: Apache-2.0

"""Alembic's environment: applies migrations on a given connection."""

from alembic import context

from nova_images_compat.db import models

context.configure(
    connection=context.config.attributes['connection'],
    target_metadata=models.Base.metadata,
    version_table=models.VERSION_TABLE,
    render_as_batch=True)

with context.begin_transaction():
    context.run_migrations()
