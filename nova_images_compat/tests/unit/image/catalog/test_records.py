# SPDX-License-Identifier: Apache-2.0

"""Tests of images as JSON, for imports and exports."""

from collections.abc import Iterable
import datetime
from typing import Any
import uuid

import hypothesis
from hypothesis import strategies
import orjson
from oslo_utils import timeutils

from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import records
from nova_images_compat.image.catalog import statements
from nova_images_compat.image import status
from nova_images_compat.tests import base

TEXT = strategies.text(
    strategies.characters(exclude_categories=['Cs'],
                          exclude_characters='\0'), max_size=255)
TIMES = strategies.datetimes()
RECORDS = strategies.builds(
    statements.Record,
    id=strategies.uuids().map(str),
    name=strategies.none() | TEXT,
    owner=strategies.none() | TEXT.filter(bool),
    visibility=strategies.sampled_from(models.VISIBILITIES),
    status=strategies.sampled_from(sorted(status.SHOWN_AS)),
    protected=strategies.booleans(),
    size=strategies.integers(0, models.MAX_SIZE),
    min_ram=strategies.integers(0, image_base.MAX_INTEGER),
    min_disk=strategies.integers(0, image_base.MAX_INTEGER),
    created_at=TIMES, updated_at=TIMES,
    properties=strategies.dictionaries(
        TEXT.filter(lambda name: name
                    and name not in image_base.IMAGE_ATTRIBUTES), TEXT))


def example(**properties: str) -> statements.Record:
    return records.record('example', {
        'name': 'n', 'owner': 'o', 'created_at': '2026-01-31T12:00:00Z',
        **properties})


def read(text: bytes) -> list[statements.Record]:
    return [records.record(place, attributes)
            for place, attributes in records.read(text)]


class RoundTripTest(base.TestCase):

    @hypothesis.settings(
        max_examples=60, deadline=None, derandomize=True, database=None)
    @hypothesis.given(strategies.lists(RECORDS, max_size=3))
    def test_export_can_be_imported(
        self, exported: list[statements.Record],
    ) -> None:
        text = b''.join(records.line(record) for record in exported)
        self.assertEqual(len(exported), text.count(b'\n'))
        self.assertEqual(exported, read(text))

    def test_properties_that_are_called_like_something_else(self) -> None:
        for names in (['ID'], ['ID', 'Project', 'Name', 'Min Ram'],
                      ['images'], ['properties'], ['ID', 'properties']):
            with self.case(names):
                exported = example(**dict.fromkeys(names, 'value'))
                self.assertEqual([exported], read(records.line(exported)))

    def test_longest_values(self) -> None:
        exported = example(**{'k' * 255: '\U0001f4bf' * records.MAX_VALUE})
        self.assertEqual([exported], read(records.line(exported)))


class ReadTest(base.TestCase):

    def _error(self, text: bytes) -> str:
        return str(self.assertRaises(
            exception.InvalidImageRecord, list, records.read(text)))

    def test_every_form(self) -> None:
        first, second = {'id': '1', 'a': 'b'}, {'id': '2'}
        lines = orjson.dumps(first) + b'\n\n' + orjson.dumps(second)
        for text in (lines, lines.replace(b'\n', b'\r\n') + b'\n',
                     orjson.dumps([first, second]),
                     orjson.dumps({'images': [first, second], 'first': '/'},
                                  option=orjson.OPT_INDENT_2)):
            with self.case(text):
                self.assertEqual(
                    [first, second],
                    [attributes for _, attributes in records.read(text)])

    def test_places_are_those_of_the_file(self) -> None:
        self.assertEqual(
            [('line 2', {'name': 'a'}), ('line 4', {'name': 'b'})],
            list(records.read(b'\n{"name":"a"}\n \n{"name":"b"}\n')))
        self.assertEqual(
            [('image 1', {'name': 'a'}), ('image 2', {'name': 'b'})],
            list(records.read(b'[{"name":"a"},{"name":"b"}]')))

    def test_nothing_is_in_an_empty_file(self) -> None:
        for text in (b'', b'\n \n', b'[]', b'{"images": []}'):
            with self.case(text):
                self.assertEqual([], list(records.read(text)))

    def test_bad_line_is_named(self) -> None:
        for line in (b'{', b'nonsense', b'3', b'[{}]', b'"text"', b'null',
                     b'\xff', b'{"name": "\\ud800"}', b'[' * 5000):
            with self.case(line):
                self.assertIn(
                    'line 2', self._error(b'{"name":"a"}\n' + line))

    def test_object_that_is_not_an_image_is_rejected(self) -> None:
        for line in (b'{}', b'{"message": "no token", "code": "401"}'):
            with self.case(line):
                self.assertIn('neither id nor name', self._error(line))

    def test_page_of_a_list_is_rejected(self) -> None:
        self.assertIn('/v2/images?marker=x', self._error(
            b'{"images": [{"id": "x"}], "next": "/v2/images?marker=x"}'))

    def test_broken_document_names_its_line(self) -> None:
        self.assertIn('line 2: it is not JSON', self._error(
            b'{"images": [\n {"name": "a"},\n]}'))

    def test_bad_document_is_rejected(self) -> None:
        self.assertIn('image 2', self._error(b'[{"name":"a"}, 3]'))
        for text in (b'3', b'true', b'"text"', b'{"images": {}}'):
            with self.case(text):
                self.assertIn('list of images', self._error(text))

    def test_columns_of_the_command_line_client(self) -> None:
        image_id = str(uuid.uuid4())
        text = orjson.dumps([{
            'ID': image_id, 'Name': 'n', 'Disk Format': 'raw',
            'Container Format': 'bare', 'Size': 1, 'Checksum': 'c',
            'Status': 'queued', 'Visibility': 'public', 'Protected': True,
            'Project': 'p', 'Tags': ['t'], 'Min RAM': 2, 'Min Disk': 3,
            'Properties': {'OS_Type': 'linux', 'project': 'kept'}}])
        (record,) = read(text)
        self.assertEqual(
            (image_id, 'n', 'p', 'public', 'queued', True, 1, 2, 3,
             {'OS_Type': 'linux', 'project': 'kept'}),
            (record.id, record.name, record.owner, record.visibility,
             record.status, record.protected, record.size, record.min_ram,
             record.min_disk, record.properties))


class RecordTest(base.TestCase):

    def _error(self, name: str, value: Any) -> str:
        error = self.assertRaises(
            exception.InvalidImageRecord, records.record, 'line 7',
            {name: value})
        self.assertNotIn('\n', str(error))
        return str(error)

    def test_defaults(self) -> None:
        before = timeutils.utcnow()
        record = records.record('line 1', {'name': None, 'tags': ['t']})
        self.assertEqual(
            (None, None, 'shared', 'active', False, 0, 0, 0, {}),
            (record.name, record.owner, record.visibility, record.status,
             record.protected, record.size, record.min_ram, record.min_disk,
             record.properties))
        self.assertEqual(str(uuid.UUID(record.id)), record.id)
        self.assertNotEqual(record.id, records.record('line 2', {}).id)
        self.assertLessEqual(before, record.created_at)
        self.assertEqual(record.created_at, record.updated_at)

    def test_attributes_of_the_image_are_no_properties(self) -> None:
        attributes: dict[str, Any] = {
            **dict.fromkeys(image_base.IMAGE_ATTRIBUTES, None),
            'checksum': 'c', 'locations': [{}], 'os_hidden': False,
            'virtual_size': 5, 'stores': 's', 'hw_none': None, 'key': 'value'}
        self.assertEqual(
            {'key': 'value'}, records.record('x', attributes).properties)

    def test_times_are_kept_in_utc(self) -> None:
        for text, time in (
                ('2026-01-31T12:00:00Z', (2026, 1, 31, 12)),
                ('2026-01-31T12:00:00', (2026, 1, 31, 12)),
                ('2026-01-31T23:30:00-03:30', (2026, 2, 1, 3)),
                ('2026-01-31T12:00:00.000123+00:00',
                 (2026, 1, 31, 12, 0, 0, 123))):
            with self.case(text, time):
                self.assertEqual(
                    datetime.datetime(*time),
                    records.record('x', {'created_at': text}).created_at)

    def _check_invalid(self, name: str, values: Iterable[Any]) -> None:
        for value in values:
            with self.case(name, value):
                self.assertIn(f'line 7: {name}: ', self._error(name, value))

    def test_bad_times(self) -> None:
        values: tuple[Any, ...] = (
            '', 'yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z',
            '2026-01-31T25:00:00Z', '0001-01-01T00:00:00+23:00',
            '9999-12-31T23:59:59-23:00', '0000-01-01T00:00:00Z',
            '2026-01-01T00:00:00+99:99', '2026-01-31T12:00:00Z\0',
            1769860800, 1.5, True, [], {})
        for name in ('created_at', 'updated_at'):
            self._check_invalid(name, values)
            with self.case(name):
                self.assertIn('ISO 8601', self._error(name, 'yesterday'))

    def test_bad_text(self) -> None:
        for name in ('name', 'owner'):
            self._check_invalid(name, (
                'a\0b', '\ud800', 'a\udcff', 'n' * 256, 5, True, [], {},
                b'bytes'))

    def test_longest_text(self) -> None:
        text = '\U0001f4bf' * 255
        record = records.record('x', {'name': text, 'owner': text})
        self.assertEqual((text, text), (record.name, record.owner))

    def test_bad_properties(self) -> None:
        self._check_invalid('key', (
            'a\0b', '\ud800', 'v' * 65536, 5, True, 1.5, [], {}))
        for name in ('', 'a\0b', '\ud800', 'a\udcff', 'k' * 256):
            with self.case(name):
                message = self._error(name, 'value')
                self.assertIn(f'line 7: {name!r}: ', message)
                message.encode('utf-8')

    def test_bad_words(self) -> None:
        self._check_invalid('visibility', (
            '', 'Public', 'public ', 'everybody', 5, True, ['active'], {}))
        self._check_invalid('status', (
            '', 'ACTIVE', 'active ', 'SAVING', 'unknown', 5, True, ['active'],
            {}))

    def test_bad_numbers(self) -> None:
        for name, maximum in (('size', models.MAX_SIZE),
                              ('min_ram', image_base.MAX_INTEGER),
                              ('min_disk', image_base.MAX_INTEGER)):
            self._check_invalid(
                name, (-1, maximum + 1, 1.0, '1', True, [], {}))
            with self.case(name, maximum):
                self.assertEqual(maximum, getattr(
                    records.record('x', {name: maximum}), name))

    def test_bad_booleans(self) -> None:
        self._check_invalid('protected', (0, 1, 'true', 'False', [], {}))

    def test_bad_ids(self) -> None:
        known = '0a000000-0000-4000-8000-00000000000f'
        self.assertEqual(known, records.record('x', {'id': known}).id)
        self._check_invalid('id', (
            known.upper(), known.replace('-', ''), f'{{{known}}}',
            f'urn:uuid:{known}', known + '\n', f' {known}', '', 'x', 5, True,
            [], {}))
