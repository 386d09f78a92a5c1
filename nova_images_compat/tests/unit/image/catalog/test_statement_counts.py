# SPDX-License-Identifier: Apache-2.0

"""Tests of the number and the query plans of the catalogue's statements."""

from collections.abc import Callable
import re
from typing import Any
import uuid

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()

PAGE_STATEMENTS = 2

FILTERS: tuple[dict[str, Any], ...] = (
    {}, {'name': 'disc'}, {'statuses': frozenset(['active'])},
    {'statuses': frozenset(['queued', 'saving'])}, {'min_ram': 1},
    {'metadata': {'os': 'linux'}},
    {'metadata': {'os': 'linux', 'type': 'disc'}},
    {'metadata': {'os': 'linux'}, 'name': 'disc',
     'statuses': frozenset(['active'])})

# A step of a plan that reads a table. anon_1 is a name of SQLAlchemy's.
READS = re.compile(
    r'(SCAN|SEARCH) (?!anon_\d|page\b|sqlite_|CONSTANT|\()'
    r'(?P<table>\w+)(?P<how>.*)')
BY_INDEX = re.compile(r' USING (COVERING )?INDEX (?P<index>\w+)(?P<by> \(.*)?')


# The number of a statement, and the parent of a step in its plan.
Place = tuple[int, int]
Plan = list[tuple[Place, str]]


class StatementsOnSQLite(catalogue.CatalogueTest):

    def setUp(self) -> None:
        super().setUp()
        self.context = catalogue.caller()
        self.ids = self._add_images()
        self.statements = self.useFixture(
            catalogue.Statements(self.catalogue.engine))

    def _add_images(self) -> list[str]:
        added = [self.catalogue.add(
            name='disc', owner=owner, visibility=visibility, min_ram=1,
            os='linux', type='disc') for owner, visibility in (
                (catalogue.PROJECT, 'private'),
                (catalogue.OTHER_PROJECT, 'public'),
                (catalogue.OTHER_PROJECT, 'shared'))]
        self.catalogue.share(added[2], catalogue.PROJECT)
        return added

    def _count(self, ask: Callable[..., Any], *args: Any) -> int:
        self.statements.executed.clear()
        ask(*args)
        return len(self.statements.executed)

    def _list(
        self, context: Any = None, **query: Any,
    ) -> list[image_base.Image]:
        return self.catalogue.store.list(
            context or self.context, image_base.ImageQuery(**query))

    def test_image_takes_one_statement(self) -> None:
        for context in (self.context, catalogue.admin()):
            with self.case(context):
                self.assertEqual(1, self._count(
                    self.catalogue.store.get, context, self.ids[2]))
        self.assertEqual(1, self._count(
            self.assertRaises, exception.ImageNotFound,
            self.catalogue.store.get, self.context, str(uuid.uuid4())))

    def test_page_takes_two_statements_at_most(self) -> None:
        for context in (self.context, catalogue.admin()):
            for wanted in FILTERS:
                for marker in (None, self.ids[-1], self.ids[0]):
                    for with_metadata in (True, False):
                        with self.case(context.to_dict(), wanted, marker,
                                       with_metadata):
                            count = self._count(lambda: self._list(
                                context, limit=2, marker=marker,
                                with_metadata=with_metadata, **wanted))
                            self.assertLessEqual(
                                count, PAGE_STATEMENTS,
                                str(self.statements.executed))

    def test_only_an_empty_page_after_a_marker_takes_another_statement(
        self,
    ) -> None:
        for wanted in FILTERS:
            for marker in (None, self.ids[-1]):
                for with_metadata in (True, False):
                    with self.case(wanted, marker, with_metadata):
                        images: list[image_base.Image] = []
                        count = self._count(lambda: images.extend(self._list(
                            limit=2, marker=marker,
                            with_metadata=with_metadata, **wanted)))
                        self.assertEqual(
                            1 if images or marker is None else 2, count)

    def test_nothing_is_found_in_two_statements_at_most(self) -> None:
        queries: tuple[dict[str, Any], ...] = (
            {'name': 'none'}, {'statuses': frozenset()},
            {'metadata': {'os': 'none'}}, {'min_ram': -1},
            {'name': 'none', 'marker': self.ids[0]})
        for query in queries:
            with self.case(query):
                self.assertEqual([], self._list(limit=2, **query))
                self.assertLessEqual(
                    self._count(lambda: self._list(limit=2, **query)),
                    PAGE_STATEMENTS)
        for marker in (str(uuid.uuid4()), 'none'):
            with self.case(marker):
                self.assertLessEqual(self._count(
                    self.assertRaises, exception.InvalidParameter,
                    lambda: self._list(limit=2, marker=marker)),
                    PAGE_STATEMENTS)

    def test_long_list_takes_as_many_statements_as_a_short_one(self) -> None:
        def count() -> int:
            return self._count(lambda: self._list(with_metadata=True))

        few = count()
        self.assertLessEqual(few, PAGE_STATEMENTS)
        for _ in range(20):
            self._add_images()
        self.assertEqual(63, len(self._list()))
        self.assertEqual(few, count())

    def test_number_of_keys_does_not_matter_to_a_removal(self) -> None:
        def replaced(before: int) -> int:
            image_id = self.catalogue.add(
                **{f'key{number}': '' for number in range(before)})
            return self._count(
                self.catalogue.store.replace_metadata, self.context,
                image_id, {'other': ''}, lambda count: None)

        self.assertEqual(replaced(1), replaced(40))


class StatementsOnMySQL(databases.OnMySQL, StatementsOnSQLite):
    pass


class StatementsOnPostgreSQL(databases.OnPostgreSQL, StatementsOnSQLite):
    pass


class PlanTest(catalogue.CatalogueTest):
    """SQLite reads only the rows that a page returns."""

    def setUp(self) -> None:
        super().setUp()
        self.marker = self.catalogue.add()
        self.statements = self.useFixture(
            catalogue.Statements(self.catalogue.engine))

    def _plan(self, context: Any, **query: Any) -> Plan:
        """Return the steps of the query plans of a page's statements."""
        self.statements.executed.clear()
        self.catalogue.list(context, limit=10, **query)
        executed = list(self.statements.executed)
        self.assertNotEqual([], executed)
        steps: Plan = []
        with self.catalogue.engine.connect() as connection:
            for number, (statement, parameters) in enumerate(executed):
                steps += [
                    ((number, step.parent), step.detail)
                    for step in connection.exec_driver_sql(
                        f'EXPLAIN QUERY PLAN {statement}', parameters)]
        return steps

    def _read(self, plan: Plan) -> list[tuple[Place, re.Match[str]]]:
        return [(place, found) for place, detail in plan
                if (found := READS.fullmatch(detail))]

    def test_everything_is_read_by_an_index(self) -> None:
        tables = set(models.Base.metadata.tables)
        for context in (catalogue.caller(), catalogue.admin()):
            for wanted in FILTERS:
                for marker in (None, self.marker):
                    with self.case(context.to_dict(), wanted, marker):
                        read = self._read(self._plan(
                            context, marker=marker, with_metadata=True,
                            **wanted))
                        names = {found['table'] for _, found in read}
                        self.assertIn('images', names)
                        self.assertNotEqual(set(), names & tables)
                        self.assertEqual([], [
                            found[0] for _, found in read
                            if not BY_INDEX.fullmatch(found['how'])])

    def test_only_an_admins_first_page_begins_at_the_newest_of_all(
        self,
    ) -> None:
        for context, wanted, marker in (
                *((catalogue.caller(), wanted, marker) for wanted in FILTERS
                  for marker in (None, self.marker)),
                *((catalogue.admin(), wanted, None) for wanted in FILTERS
                  if wanted and 'min_ram' not in wanted),
                (catalogue.admin(), {}, self.marker)):
            with self.case(context.to_dict(), wanted, marker):
                self.assertEqual([], [
                    found[0] for _, found in self._read(
                        self._plan(context, marker=marker, **wanted))
                    if found[1] != 'SEARCH'])
        scans = [found['how'] for _, found in self._read(
            self._plan(catalogue.admin())) if found[1] == 'SCAN']
        self.assertEqual([' USING INDEX images_by_time'], scans)

    def test_only_what_was_read_for_the_page_is_sorted(self) -> None:
        for context in (catalogue.caller(), catalogue.admin()):
            for wanted in FILTERS:
                for marker in (None, self.marker):
                    with self.case(context.to_dict(), wanted, marker):
                        plan = self._plan(context, marker=marker, **wanted)
                        sorted_at = {
                            place for place, detail in plan
                            if detail.startswith('USE TEMP B-TREE')}
                        read_at = {place for place, _ in self._read(plan)}
                        self.assertEqual(set(), sorted_at & read_at, str(plan))

    def test_index_of_each_filter(self) -> None:
        for wanted, for_all, for_project in (
                (FILTERS[0], 'images_by_time', 'images_listed_by_time'),
                (FILTERS[1], 'images_by_name', 'images_listed_by_name'),
                (FILTERS[2], 'images_by_status', 'images_listed_by_status'),
                (FILTERS[5], 'properties_by_value',
                 'properties_listed_by_value')):
            for context, index in ((catalogue.admin(), for_all),
                                   (catalogue.caller(), for_project)):
                for marker in (None, self.marker):
                    with self.case(context.to_dict(), wanted, marker):
                        used = {
                            by_index['index'] for _, found in self._read(
                                self._plan(context, marker=marker, **wanted))
                            if (by_index := BY_INDEX.fullmatch(found['how']))}
                        self.assertIn(index, used)
