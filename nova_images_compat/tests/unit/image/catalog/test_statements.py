# SPDX-License-Identifier: Apache-2.0

"""Tests of reading and writing images, on each database."""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import datetime
from typing import Any
import uuid

from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa

from nova_images_compat import context as request_context
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image.catalog import statements
from nova_images_compat.tests import databases
from nova_images_compat.tests.unit.image.catalog import catalogue

load_tests = test_fixtures.optimize_module_test_loader()

THIRD_PROJECT = uuid.UUID(int=4).hex

Context = request_context.RequestContext

DISC = '\U0001f4bf'
STATED = datetime.datetime(2026, 1, 1)

# Keys that are equal in some collations.
ALIKE = ('key', 'KEY', 'key ', 'kéy', 'ke\u0301y', f'key{DISC}', 'key\t')


class _ImagesTest(catalogue.CatalogueTest):

    def get(self, context: Context, image_id: str) -> dict[str, str]:
        with self.catalogue.database.reader() as connection:
            row = statements.get(connection, context, image_id)
        self.assertEqual(image_id, row.id)
        properties: dict[str, str] = row.properties
        return properties

    def change(
        self, context: Context, image_id: str, wanted: Mapping[str, str],
    ) -> Mapping[str, str]:
        with self.catalogue.database.writer() as connection:
            return statements.change_metadata(
                connection, context, image_id, lambda current: wanted)

    def delete(self, context: Context, image_id: str) -> None:
        with self.catalogue.database.writer() as connection:
            statements.delete(connection, context, image_id)


class AccessOnSQLite(_ImagesTest):

    def setUp(self) -> None:
        super().setUp()
        self.callers = {
            'owner': catalogue.caller(),
            'reader': catalogue.caller(roles=['reader']),
            'member': catalogue.caller(catalogue.OTHER_PROJECT),
            'stranger': catalogue.caller(THIRD_PROJECT),
            'nobody': catalogue.caller(None),
            'empty': catalogue.caller(''),
            'public': catalogue.caller(models.PUBLIC),
            'admin': catalogue.admin(),
        }
        self.images = {
            visibility: self.catalogue.add(visibility=visibility, key='old')
            for visibility in models.VISIBILITIES}
        for status in models.MEMBER_STATUSES:
            self.images[status] = self.catalogue.add(key='old')
            self.catalogue.share(
                self.images[status], catalogue.OTHER_PROJECT, status)
        self.images['without owner'] = self.catalogue.add(
            owner=None, key='old')

    def _who(
        self, ask: Callable[[Context, str], Any], image_id: str,
        *errors: type[exception.APIError],
    ) -> set[str]:
        """Return the callers who get none of these errors."""
        allowed = set()
        for name, context in self.callers.items():
            try:
                ask(context, image_id)
            except errors:
                continue
            allowed.add(name)
        return allowed

    def _readers(self, image: str) -> set[str]:
        return self._who(
            self.get, self.images[image], exception.ImageNotFound)

    def test_who_sees_an_image(self) -> None:
        for image in (models.PUBLIC, models.COMMUNITY):
            with self.case(image):
                self.assertEqual(set(self.callers), self._readers(image))
        for image in (models.SHARED, models.PRIVATE, 'pending', 'rejected'):
            with self.case(image):
                self.assertEqual(
                    {'owner', 'reader', 'admin'}, self._readers(image))
        self.assertEqual(
            {'owner', 'reader', 'member', 'admin'}, self._readers('accepted'))
        self.assertEqual({'admin'}, self._readers('without owner'))

    def test_marker_is_an_image_that_one_sees(self) -> None:
        def list_after(context: Context, image_id: str) -> None:
            self.catalogue.list(context, marker=image_id, limit=1)

        for name, image_id in self.images.items():
            with self.case(name, image_id):
                self.assertEqual(self._readers(name), self._who(
                    list_after, image_id, exception.InvalidParameter))

    def test_membership_ends_where_the_image_is_no_longer_shared(
        self,
    ) -> None:
        with self.catalogue.database.writer() as connection:
            connection.execute(sa.update(models.Image).values(
                visibility=models.PRIVATE))
        self.assertEqual(
            {'owner', 'reader', 'admin'}, self._readers('accepted'))

    def test_who_changes_an_image(self) -> None:
        count = iter(range(100))

        def change(context: Context, image_id: str) -> None:
            self.change(context, image_id, {'key': str(next(count))})

        for name, image_id in self.images.items():
            with self.case(name, image_id):
                allowed = {'admin'} if name == 'without owner' else {
                    'owner', 'admin'}
                self.assertEqual(allowed, self._who(
                    change, image_id, exception.ImageNotFound,
                    exception.ImageNotAuthorized))

    def _assert_rejected(
        self, operation: Callable[[Any, str], Any],
        not_authorized: type[Exception],
    ) -> None:
        """Check that an operation of who may not do it leaves everything.

        :param not_authorized: its error for callers who may see the image
        """
        for name, image_id in self.images.items():
            with self.case(name, image_id):
                before = self.catalogue.record(image_id)
                for who in ('reader', 'member', 'stranger', 'nobody', 'empty'):
                    with self.case(name, who):
                        self.assertRaises(
                            not_authorized if who in self._readers(name)
                            else exception.ImageNotFound,
                            operation, self.callers[who], image_id)
                self.assertEqual(before, self.catalogue.record(image_id))

    def test_rejected_change_leaves_everything(self) -> None:
        self._assert_rejected(
            lambda caller, image_id: self.change(caller, image_id, {}),
            exception.ImageNotAuthorized)

    def test_rejected_deletion_leaves_everything(self) -> None:
        self._assert_rejected(
            self.delete, exception.ImageDeleteNotAuthorized)

    def test_owner_and_admin_delete(self) -> None:
        for who, name in (('owner', 'accepted'), ('admin', 'private')):
            with self.case(who, name):
                self.delete(self.callers[who], self.images[name])
                self.assertEqual(set(), self._readers(name))
                self.assertRaises(
                    exception.ImageNotFound, self.delete, self.callers[who],
                    self.images[name])
        with self.catalogue.database.reader() as connection:
            for table in (models.ImageProperty, models.ImageMember):
                with self.case(table):
                    self.assertEqual([], connection.execute(
                        sa.select(table.image_id).where(table.image_id.in_(
                            [self.images['accepted'], self.images['private']]))
                    ).all())

    def test_protected_image_is_not_deleted(self) -> None:
        image_id = self.catalogue.add(protected=True, visibility='public')
        for who in ('owner', 'admin', 'stranger'):
            with self.case(who):
                self.assertRaises(
                    exception.ImageDeleteNotAuthorized, self.delete,
                    self.callers[who], image_id)
        self.assertEqual(set(self.callers), self._who(
            self.get, image_id, exception.ImageNotFound))

    def test_images_that_cannot_be_shared(self) -> None:
        self.assertRaises(
            exception.ImageNotFound, self.catalogue.share,
            str(uuid.uuid4()), THIRD_PROJECT)
        for name in (models.PUBLIC, models.COMMUNITY, models.PRIVATE):
            with self.case(name):
                self.assertEqual(name, self.catalogue.share(
                    self.images[name], THIRD_PROJECT))

    def test_member_changes_their_mind(self) -> None:
        cases: tuple[tuple[str, set[str]], ...] = (
            ('rejected', set()), ('accepted', {'member'}),
            ('accepted', {'member'}), ('pending', set()))
        for status, others in cases:
            with self.case(status, others):
                self.catalogue.share(
                    self.images['accepted'], catalogue.OTHER_PROJECT, status)
                self.assertEqual(
                    others, self._readers('accepted') & {'member', 'stranger'})


class AccessOnMySQL(databases.OnMySQL, AccessOnSQLite):
    pass


class AccessOnPostgreSQL(databases.OnPostgreSQL, AccessOnSQLite):
    pass


class MetadataOnSQLite(_ImagesTest):

    def setUp(self) -> None:
        super().setUp()
        self.owner = catalogue.caller()

    def _image(self, **properties: Any) -> str:
        return self.catalogue.add(
            updated_at=STATED.isoformat(), **properties)

    def test_values_and_names_of_every_kind(self) -> None:
        wanted = {name: f'{name}\u2028{DISC}\\\'"%_ ' for name in ALIKE}
        added, changed = self._image(**wanted), self._image()
        self.assertEqual(wanted, self.get(self.owner, added))
        self.assertEqual(wanted, self.change(self.owner, changed, wanted))
        self.assertEqual(wanted, self.get(self.owner, changed))

    def test_every_character_in_names_and_values(self) -> None:
        # JSON escapes some of them.
        wanted = {f'{character}"': f'\\{character}' for character in (
            *map(chr, range(1, 256)), '\u2028', '\ufeff', '\uffff', DISC)}
        image_id = self._image(**wanted)
        self.assertEqual(wanted, self.get(self.owner, image_id))

    def test_keys_that_look_alike_are_changed_one_at_a_time(self) -> None:
        wanted = dict.fromkeys(ALIKE, 'old')
        image_id = self._image(**wanted)
        for name in ALIKE:
            with self.case(name):
                wanted[name] = DISC
                self.change(self.owner, image_id, wanted)
                self.assertEqual(wanted, self.get(self.owner, image_id))
        for name in ALIKE:
            with self.case(name):
                del wanted[name]
                self.change(self.owner, image_id, wanted)
                self.assertEqual(wanted, self.get(self.owner, image_id))

    def test_values_that_look_alike_are_different(self) -> None:
        image_id = self._image(key='value')
        for value in ('VALUE', 'value ', 'valué', '', 'value'):
            with self.case(value):
                self.change(self.owner, image_id, {'key': value})
                self.assertEqual(
                    {'key': value}, self.get(self.owner, image_id))

    def test_long_values(self) -> None:
        for value in (DISC * 60000, 'x' * 65535):
            with self.case(value):
                image_id = self._image(key=value)
                self.assertEqual(
                    {'key': value}, self.get(self.owner, image_id))
                self.assertEqual(
                    {'key': value}, self.catalogue.record(image_id).properties)

    def test_only_rows_that_differ_are_written(self) -> None:
        image_id = self._image(same='1', changed='2', removed='3')
        other = self._image(same='1', changed='2', removed='3')
        recorder = self.useFixture(
            catalogue.Statements(self.catalogue.engine))
        self.change(self.owner, image_id, {
            'same': '1', 'changed': 'new', 'added': '4'})
        written = recorder.writes_to('image_properties')
        self.assertEqual(
            {'DELETE', 'UPDATE', 'INSERT'},
            {statement.split()[0] for statement, _ in written})
        for statement, parameters in written:
            with self.case(statement, parameters):
                self.assertNotIn('same', self._texts(parameters))
        self.assertEqual(
            {'same': '1', 'changed': '2', 'removed': '3'},
            self.get(self.owner, other))

    def _texts(self, parameters: Any) -> set[Any]:
        if isinstance(parameters, Mapping):
            parameters = tuple(parameters.values())
        if isinstance(parameters, list | tuple):
            return {text for item in parameters
                    for text in self._texts(item)}
        if isinstance(parameters, bytes):
            return {parameters.decode()}
        return {parameters}

    def test_change_of_nothing_writes_nothing(self) -> None:
        image_id = self._image(key='value')
        before = self.catalogue.record(image_id)
        recorder = self.useFixture(
            catalogue.Statements(self.catalogue.engine))
        self.assertEqual({'key': 'value'}, self.change(
            self.owner, image_id, {'key': 'value'}))
        self.assertEqual([], recorder.writes_to('image_properties'))
        self.assertEqual(before, self.catalogue.record(image_id))
        self.assertEqual(STATED, before.updated_at)

    def test_every_change_is_a_change_of_the_image(self) -> None:
        changes: tuple[dict[str, str], ...] = (
            {'key': 'new'}, {'key': 'value', 'other': ''}, {})
        for wanted in changes:
            with self.case(wanted):
                image_id = self._image(key='value')
                before = self.catalogue.record(image_id)
                self.change(self.owner, image_id, wanted)
                after = self.catalogue.record(image_id)
                self.assertLess(STATED, after.updated_at)
                self.assertEqual(dataclasses.replace(
                    before, properties=wanted, updated_at=after.updated_at,
                ), after)

    def test_error_of_the_change_undoes_it(self) -> None:
        image_id = self._image(key='value')
        before = self.catalogue.record(image_id)

        def reject(current: Mapping[str, str]) -> Mapping[str, str]:
            self.assertEqual({'key': 'value'}, current)
            raise LookupError

        def change() -> None:
            with self.catalogue.database.writer() as connection:
                statements.change_metadata(
                    connection, self.owner, image_id, reject)

        self.assertRaises(LookupError, change)
        self.assertEqual(before, self.catalogue.record(image_id))

    def test_export_is_what_was_added(self) -> None:
        first = self._image(name=f'Name {DISC} ', key='v', size=2 ** 63 - 1)
        second = self._image(owner=None, protected=True, min_ram=2 ** 31 - 1)
        changes_of_first: tuple[dict[str, Any], ...] = (
            {'created_at': datetime.datetime(2020, 1, 1)},
            {'properties': {'KEY': 'V', 'key': DISC}},
            {'name': None, 'status': 'killed'})
        added = [dataclasses.replace(
            self.catalogue.record(first), id=str(uuid.uuid4()), **changes)
            for changes in changes_of_first]
        self.catalogue.add_records(added)
        with self.catalogue.database.reader() as connection:
            exported = list(statements.export(connection))
            self.assertEqual(
                {second, first},
                statements.existing(
                    connection, [first, str(uuid.uuid4()), second]))
            self.assertEqual([], list(
                statements.export(connection, str(uuid.uuid4()))))
        ids = {record.id for record in added} | {first, second}
        self.assertEqual(ids, {record.id for record in exported})
        self.assertEqual(5, len(exported))
        self.assertEqual(
            sorted(exported, key=lambda record: (
                record.created_at, record.id)), exported)
        for record in added:
            with self.case(record):
                self.assertIn(record, exported)


class MetadataOnMySQL(databases.OnMySQL, MetadataOnSQLite):
    pass


class MetadataOnPostgreSQL(databases.OnPostgreSQL, MetadataOnSQLite):
    pass
