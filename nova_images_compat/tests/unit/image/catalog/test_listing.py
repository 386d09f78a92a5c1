# SPDX-License-Identifier: Apache-2.0

"""Tests that compare lists with a filter in Python over all images."""

from collections.abc import Iterator
import dataclasses
import datetime
import random
from typing import Any
import uuid

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import statements
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()

Query = image_base.ImageQuery
Context = request_context.RequestContext

PROJECTS = [uuid.UUID(int=number).hex for number in (1, 2, 4)]
OWNERS = [*PROJECTS, models.PUBLIC, None]
NAMES = ['disc', 'Disc', 'disc ', 'dísc', 'disc\U0001f4bf', '', None]
STATUSES = ['active', 'active', 'queued', 'saving', 'deactivated', 'killed']
KEYS = ['os', 'OS', 'os ', 'os_\U0001f4bf']
VALUES = ['linux', 'Linux', 'linux ', 'x' * 300, '']
NUMBERS = [0, 512, image_base.MAX_INTEGER]

COUNT = 90
PAGE_SIZES = (1, 2, 3)


def second(number: int) -> datetime.datetime:
    return own_fixtures.FIRST_TIME + datetime.timedelta(seconds=number)


class Model:
    """The images of the catalogue, and the lists that callers must get.

    Each run has the same images. Many of them have the same creation time.
    """

    def __init__(self) -> None:
        self.random = random.Random(20260131)
        self.images = [self._image() for _ in range(COUNT)]
        self.members = {
            (image.id, project): self.random.choice(models.MEMBER_STATUSES)
            for image in self.images if image.visibility == models.SHARED
            for project in self.random.sample(PROJECTS, 2)}

    def _image(self) -> statements.Record:
        choice = self.random.choice
        return statements.Record(
            id=str(uuid.UUID(int=self.random.getrandbits(128))),
            name=choice(NAMES), owner=choice(OWNERS),
            visibility=choice([models.SHARED, *models.VISIBILITIES]),
            status=choice(STATUSES), protected=False, size=1,
            min_ram=choice(NUMBERS), min_disk=choice(NUMBERS),
            created_at=second(choice(range(COUNT // 4))),
            updated_at=second(choice(range(COUNT))),
            properties={key: choice(VALUES) for key in self.random.sample(
                KEYS, choice(range(len(KEYS))))})

    def listed(self, context: Context, query: Query) -> list[str]:
        """Return the ids of a list without pages."""
        found = [image for image in self.images
                 if self._is_listed(context, image)
                 and self._matches(image, query)]
        found.sort(key=lambda image: (image.created_at, image.id))
        return [image.id for image in reversed(found)]

    def _is_listed(self, context: Context, image: statements.Record) -> bool:
        if context.is_admin or image.visibility == models.PUBLIC:
            return True
        if context.project_id is None:
            return False
        accepted = self.members.get((image.id, context.project_id))
        return (image.owner == context.project_id
                or accepted == models.ACCEPTED)

    @staticmethod
    def _matches(image: statements.Record, query: Query) -> bool:
        return (
            query.name in (None, image.name)
            and (query.statuses is None or image.status in query.statuses)
            and query.min_ram in (None, image.min_ram)
            and query.min_disk in (None, image.min_disk)
            and (query.changes_since is None
                 or image.updated_at >= query.changes_since)
            and query.metadata.items() <= image.properties.items())

    def queries(self) -> Iterator[Query]:
        """Return queries with one filter each, and with random filters."""
        yield from (Query(name=name) for name in NAMES if name is not None)
        yield from (
            Query(statuses=frozenset(statuses)) for statuses in (
                ['active'], ['queued', 'saving'], ['pending_delete'], []))
        yield from (Query(metadata={key: value})
                    for key in KEYS for value in VALUES[:3])
        yield from (
            Query(min_ram=number, min_disk=other) for number, other in (
                (0, None), (None, 512), (0, 0), (-1, None),
                (None, 2 ** 70), (NUMBERS[2], None)))
        yield from (Query(changes_since=second(number)) for number in (
            -1, COUNT // 2, COUNT))
        for _ in range(40):
            yield self._any_query()

    def _any_query(self) -> Query:
        def perhaps(value: Any, otherwise: Any = None) -> Any:
            return self.random.choice((value, otherwise, otherwise))

        image = self.random.choice(self.images)
        return Query(
            name=perhaps(image.name),
            statuses=perhaps(frozenset((image.status, 'active'))),
            min_ram=perhaps(image.min_ram), min_disk=perhaps(image.min_disk),
            changes_since=perhaps(image.updated_at),
            metadata=perhaps(image.properties, {}))


class ListingOnSQLite(catalogue.CatalogueTest):

    def setUp(self) -> None:
        super().setUp()
        self.model = Model()
        self.catalogue.add_records(self.model.images)
        for (image_id, project), status in self.model.members.items():
            self.catalogue.share(image_id, project, status)
        self.callers = [
            *map(catalogue.caller, PROJECTS), catalogue.admin(),
            catalogue.caller(PROJECTS[0], ['reader']),
            catalogue.caller(models.PUBLIC), catalogue.caller(None)]

    def _page(
        self, context: Context, query: Query, **changes: Any,
    ) -> list[image_base.Image]:
        return self.catalogue.store.list(
            context, dataclasses.replace(query, **changes))

    def _ids(
        self, context: Context, query: Query, **changes: Any,
    ) -> list[str]:
        return [image.id for image in self._page(context, query, **changes)]

    def _walk(self, context: Context, query: Query, limit: int) -> list[str]:
        walked: list[str] = []
        marker = None
        while len(walked) <= COUNT:
            page = self._ids(context, query, limit=limit, marker=marker)
            if not page:
                break
            with self.case(query, limit, marker):
                self.assertLessEqual(len(page), limit)
            walked += page
            marker = page[-1]
        return walked

    def test_images_of_the_model_are_of_every_kind(self) -> None:
        first = self.callers[0]
        reasons = {
            (image.visibility, image.owner == first.project_id)
            for image in self.model.images
            if image.id in self.model.listed(first, Query())}
        self.assertEqual({
            ('public', False), ('public', True), ('shared', False),
            ('shared', True), ('private', True), ('community', True)},
            reasons)

    def test_everybodys_list(self) -> None:
        for context in self.callers:
            with self.case(context.to_dict()):
                expected = self.model.listed(context, Query())
                self.assertEqual(expected, self._ids(context, Query()))
                for limit in (0, 7, len(expected), COUNT + 1):
                    with self.case(context.to_dict(), limit):
                        self.assertEqual(
                            expected[:limit],
                            self._ids(context, Query(), limit=limit))

    def test_filters(self) -> None:
        found = 0
        for query in self.model.queries():
            for context in (self.callers[0], self.callers[3]):
                with self.case(query, context.to_dict()):
                    expected = self.model.listed(context, query)
                    self.assertEqual(expected, self._ids(context, query))
                    self.assertEqual(
                        expected[:2], self._ids(context, query, limit=2))
                    found += len(expected)
        self.assertGreater(found, COUNT)

    def test_pages_are_the_list_cut_into_pieces(self) -> None:
        for number, context in enumerate(self.callers):
            with self.case(number, context.to_dict()):
                expected = self.model.listed(context, Query())
                limit = PAGE_SIZES[number % len(PAGE_SIZES)]
                self.assertEqual(
                    expected, self._walk(context, Query(), limit))
        for limit in PAGE_SIZES:
            with self.case(limit):
                context = self.callers[1]
                self.assertEqual(self.model.listed(context, Query()),
                                 self._walk(context, Query(), limit))

    def test_pages_of_filtered_lists(self) -> None:
        context = self.callers[0]
        for query in (
                Query(name='disc'), Query(statuses=frozenset(STATUSES[3:])),
                Query(statuses=frozenset(['active'])), Query(min_ram=512),
                Query(metadata={'os': 'linux'}),
                Query(metadata={'os': 'x' * 300},
                      statuses=frozenset(['active', 'queued'])),
                Query(changes_since=second(COUNT // 2))):
            with self.case(query):
                expected = self.model.listed(context, query)
                self.assertNotEqual([], expected)
                for limit in PAGE_SIZES:
                    with self.case(query, limit):
                        self.assertEqual(
                            expected, self._walk(context, query, limit))

    def test_marker_need_not_be_in_the_list(self) -> None:
        context = self.callers[0]
        query = Query(name='disc')
        wanted = set(self.model.listed(context, query))
        every = self.model.listed(context, Query())
        for number, marker in enumerate(every):
            with self.case(number, marker):
                self.assertEqual(
                    [image_id for image_id in every[number + 1:]
                     if image_id in wanted],
                    self._ids(context, query, marker=marker, limit=COUNT))

    def test_unlimited_list_after_a_marker(self) -> None:
        for context in self.callers[:4]:
            with self.case(context.to_dict()):
                expected = self.model.listed(context, Query())
                self.assertEqual(
                    expected[5:],
                    self._ids(context, Query(), marker=expected[4]))

    def test_marker_must_be_one_of_the_callers_images(self) -> None:
        hidden = next(
            image.id for image in self.model.images
            if image.visibility == models.PRIVATE
            and image.owner not in (PROJECTS[0], None))
        for marker in (hidden, str(uuid.uuid4()), hidden.upper(), 'none', ''):
            for query in (Query(), Query(name='no such'),
                          Query(statuses=frozenset()), Query(min_ram=-1)):
                with self.case(marker, query):
                    error = self.assertRaises(
                        exception.InvalidParameter, self._page,
                        self.callers[0], query, marker=marker)
                    self.assertIn('marker', error.message)

    def test_metadata_comes_with_its_images(self) -> None:
        properties = {
            image.id: image.properties for image in self.model.images}
        pages: tuple[dict[str, Any], ...] = (
            {}, {'limit': 5}, {'name': 'disc'})
        for context in self.callers[:4]:
            for changes in pages:
                with self.case(context.to_dict(), changes):
                    page = self._page(
                        context, Query(with_metadata=True), **changes)
                    self.assertEqual(
                        self._ids(context, Query(), **changes),
                        [image.id for image in page])
                    self.assertEqual(
                        [properties[image.id] for image in page],
                        [image.metadata for image in page])

    def test_metadata_that_was_changed_is_found_as_it_is_now(self) -> None:
        context = self.callers[0]
        image_id = self.catalogue.add(old='1', changed='1')
        with self.catalogue.database.writer() as connection:
            statements.change_metadata(
                connection, context, image_id,
                lambda current: {'changed': '2', 'added': '3'})
        for metadata, found in (
                ({'old': '1'}, []), ({'changed': '1'}, []),
                ({'changed': '2'}, [image_id]), ({'added': '3'}, [image_id]),
                ({'added': '3', 'changed': '2'}, [image_id])):
            for query in (Query(metadata=metadata),
                          Query(metadata=metadata, limit=1)):
                with self.case(query):
                    self.assertEqual(found, self._ids(context, query))

    def test_project_called_like_nobody_opens_nothing(self) -> None:
        theirs = [dataclasses.replace(
            self.model.images[0], id=str(uuid.uuid4()), owner='',
            visibility=visibility) for visibility in models.VISIBILITIES[1:]]
        self.catalogue.add_records(theirs)
        for context in self.callers:
            with self.case(context.to_dict()):
                if not context.is_admin:
                    self.assertEqual(
                        self.model.listed(context, Query()),
                        self._ids(context, Query()))


class ListingOnMySQL(databases.OnMySQL, ListingOnSQLite):
    pass


class ListingOnPostgreSQL(databases.OnPostgreSQL, ListingOnSQLite):
    pass
