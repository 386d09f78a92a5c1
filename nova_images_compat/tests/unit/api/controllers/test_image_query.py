# SPDX-License-Identifier: Apache-2.0

"""Tests of reading the query string of a list."""

import datetime
from typing import Any

from nova_images_compat.api.controllers import image_query
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.tests import base

MAX_LIMIT = 1000


def query(text: str, **kwargs: Any) -> image_base.ImageQuery:
    return image_query.from_request(
        wsgi.Request.blank(f'/?{text}'), MAX_LIMIT, **kwargs)


class ImageQueryTest(base.TestCase):

    def test_nothing_is_asked_for(self) -> None:
        for text in ('', 'unknown=1', 'Limit=1', 'offset=3', 'page_size=2'):
            with self.case(text):
                self.assertEqual(image_base.ImageQuery(), query(text))

    def test_metadata_is_wanted_where_the_caller_says_so(self) -> None:
        self.assertTrue(query('', with_metadata=True).with_metadata)

    def test_name_and_marker(self) -> None:
        found = query('name=%C3%BC%20b&marker=abc&name=last')
        self.assertEqual(('last', 'abc'), (found.name, found.marker))
        self.assertEqual('', query('name=').name)
        self.assertIsNone(query('marker=').marker)

    def test_statuses(self) -> None:
        for wanted, expected in (
                ('ACTIVE', {'active'}), ('active', {'active'}),
                ('SAVING', {'queued', 'saving'}), ('saving', {'saving'}),
                ('DELETED', {'deleted', 'pending_delete'}),
                ('ERROR', {'killed'}), ('Queued', {'queued'}),
                ('UNKNOWN', {'deactivated', 'importing', 'uploading'}),
                ('nonsense', set()), ('', set())):
            with self.case(wanted):
                self.assertEqual(expected, query(f'status={wanted}').statuses)

    def test_integers(self) -> None:
        for text, expected in (
                ('0', 0), ('007', 7), ('-1', -1), ('9' * 18, 10 ** 18 - 1)):
            with self.case(text):
                found = query(f'minRam={text}&minDisk={text}')
                self.assertEqual((expected, expected),
                                 (found.min_ram, found.min_disk))

    def test_bad_integers_are_refused_by_the_parameters_name(self) -> None:
        for name in ('minRam', 'minDisk'):
            for text in (
                    '', 'x', '1.5', '1e3', '%2B1', '%201', '1%0A', '0x1',
                    '1_0', '%D9%A1'):
                with self.case(name, text):
                    error = self.assertRaises(
                        exception.InvalidParameter, query, f'{name}={text}')
                    self.assertIn(name, error.message)

    def test_integers_of_any_length_are_integers(self) -> None:
        for text in ('9' * 19, '9' * 5000, '-' + '9' * 400):
            with self.case(text):
                min_ram = query(f'minRam={text}').min_ram
                assert min_ram is not None
                self.assertLess(2 ** 31, min_ram)

    def test_times_are_utc(self) -> None:
        expected = datetime.datetime(2026, 1, 31, 12)
        for text in (
                '2026-01-31T12:00:00Z', '2026-01-31T12:00:00',
                '2026-01-31T13:30:00%2B01:30', '2026-01-31T12Z'):
            with self.case(text):
                self.assertEqual(
                    expected, query(f'changes-since={text}').changes_since)

    def test_bad_times_are_refused_by_the_parameters_name(self) -> None:
        for text in (
                '', 'yesterday', '2026-13-01', '2026-02-30T00:00:00Z',
                '0001-01-01T00:00:00%2B23:00', '9999-12-31T23:59:59-23:00',
                '1769860800', '%0A'):
            with self.case(text):
                error = self.assertRaises(
                    exception.InvalidParameter, query,
                    f'changes-since={text}')
                self.assertIn('changes-since', error.message)

    def test_metadata_filters(self) -> None:
        for text, expected in (
                ('property-os_type=linux', {'os_type': 'linux'}),
                ('property-property-a=1', {'property-a': '1'}),
                ('property-a=1&property-a=2&property-b=',
                 {'a': '2', 'b': ''}),
                ('type=snapshot', {'image_type': 'snapshot'}),
                ('property=1&Property-a=2', {})):
            with self.case(text):
                self.assertEqual(expected, query(text).metadata)

    def test_a_server_may_be_named_by_its_url(self) -> None:
        for server in (
                'abc', 'http://h/v2.1/servers/abc', 'servers/abc'):
            with self.case(server):
                self.assertEqual(
                    {'instance_uuid': 'abc'},
                    query(f'server={server}').metadata)

    def test_limit_is_capped(self) -> None:
        for text, expected in (
                ('1', 1), ('0005', 5), ('1000', 1000), ('1001', 1000),
                ('9' * 30, 1000), ('9' * 5000, 1000), ('0' * 50 + '7', 7)):
            with self.case(text[:30]):
                self.assertEqual(expected, query(f'limit={text}').limit)
