# SPDX-License-Identifier: Apache-2.0

"""Tests of the memory that lists of many shapes need, on each database."""

import subprocess
import sys
from typing import Any

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat.image.catalog import listing
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue
from nova_images_compat.tests.unit.image.catalog import shapes

load_tests = test_fixtures.optimize_module_test_loader()

# Two statements for each shape, and two that check a marker.
MAX_COMPILED = 2 * listing.MAX_SHAPES + 2
MAX_GROWTH = 20


class ShapesOnSQLite(catalogue.CatalogueTest):

    def test_few_statements_are_compiled(self) -> None:
        compiled: dict[int, Any] = {}

        def executed(
            connection: Any, cursor: Any, statement: str, parameters: Any,
            context: Any, executemany: bool,
        ) -> None:
            if context.compiled is not None:
                compiled[id(context.compiled)] = context.compiled

        sa.event.listen(
            self.catalogue.engine, 'before_cursor_execute', executed)
        asked = 0
        for context, query in shapes.lists(marker=self.catalogue.add()):
            self.catalogue.store.list(context, query)
            asked += 1
        self.assertEqual(shapes.NUMBER, asked)
        self.assertLessEqual(len(compiled), MAX_COMPILED)

    def test_worker_hardly_grows(self) -> None:
        self.catalogue.add()
        ran = subprocess.run(
            [sys.executable, '-m', shapes.__name__, str(self.catalogue.url)],
            capture_output=True, text=True, check=False)
        self.assertEqual(0, ran.returncode, ran.stderr)
        self.assertLessEqual(float(ran.stdout), MAX_GROWTH)


class ShapesOnMySQL(databases.OnMySQL, ShapesOnSQLite):
    pass


class ShapesOnPostgreSQL(databases.OnPostgreSQL, ShapesOnSQLite):
    pass
