# SPDX-License-Identifier: Apache-2.0

"""Tests of what is asked of the Image service for a list, and of how an
image's JSON is read."""

import datetime
from typing import Any

from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import images
from nova_images_compat.tests import base

DOCUMENT = {
    'id': 'an-id', 'name': 'Name', 'status': 'active', 'size': 3,
    'min_ram': 1, 'min_disk': 2, 'created_at': '2026-01-31T12:00:00Z',
    'updated_at': '2026-02-01T12:00:00Z', 'owner': 'x', 'tags': [],
    'visibility': 'shared'}


def image(**properties: Any) -> image_base.Image:
    return images.image(
        {**DOCUMENT, **properties}, image_base.IMAGE_ATTRIBUTES)


class ParametersTest(base.TestCase):

    def _request(self, **query: Any) -> images.ListRequest:
        return images.ListRequest(image_base.ImageQuery(**query))

    def test_nothing(self) -> None:
        request = self._request()
        self.assertEqual({}, request.parameters)
        self.assertFalse(request.is_partial)
        self.assertTrue(request.selects(image()))

    def test_names(self) -> None:
        for name, parameter in (
                ('plain', 'plain'), ('', ''), ('a "b" \\c', 'a "b" \\c'),
                ('in,out', 'in,out'), ('in:a,b', 'in:"in:a,b"'),
                ('eq:x', 'in:"eq:x"'), (':', 'in:":"'),
                ('2026-01-31T12:00:00Z', 'in:"2026-01-31T12:00:00Z"')):
            with self.case(name, parameter):
                request = self._request(name=name)
                self.assertEqual({'name': parameter}, request.parameters)
                self.assertFalse(request.is_partial)

    def test_names_that_cannot_be_said(self) -> None:
        for name in ('a:"b"', 'a:\\b', ':"'):
            with self.case(name):
                request = self._request(name=name)
                self.assertEqual({}, request.parameters)
                self.assertTrue(request.is_partial)
                self.assertTrue(request.selects(image(name=name)))
                for other in ('a', None, name.upper() + ' '):
                    with self.case(other):
                        self.assertFalse(request.selects(image(name=other)))

    def test_statuses(self) -> None:
        for statuses, parameter in (
                ({'active'}, 'active'),
                ({'saving', 'queued'}, 'in:queued,saving')):
            with self.case(statuses, parameter):
                request = self._request(statuses=frozenset(statuses))
                self.assertEqual({'status': parameter}, request.parameters)

    def test_numbers_and_time(self) -> None:
        request = self._request(
            min_ram=0, min_disk=-1,
            changes_since=datetime.datetime(2026, 1, 31, 12, 0, 1, 500))
        self.assertEqual({
            'min_ram': 0, 'min_disk': -1,
            'updated_at': 'gte:2026-01-31T12:00:01.000500',
        }, request.parameters)

    def test_metadata(self) -> None:
        request = self._request(metadata={'a': 'x:y', 'b c': '', 'in': '"'})
        self.assertEqual(
            {'a': 'x:y', 'b c': '', 'in': '"'}, request.parameters)
        self.assertFalse(request.is_partial)

    def test_metadata_that_means_something_else_there(self) -> None:
        for key in (*images.NOT_FILTERS, 'hw_min', 'size_max', '_min',
                    'marker', 'limit', 'sort', 'tag', 'member_status',
                    'deleted', 'location', 'changes-since'):
            self._assert_looked_at_here(key)

    def test_metadata_that_python_knows_there(self) -> None:
        """The Image service compares any attribute of its class of rows."""
        for key in ('__class__', '__table__', '_sa_registry', '_as_dict'):
            self._assert_looked_at_here(key)

    def _assert_looked_at_here(self, key: str) -> None:
        request = self._request(metadata={key: 'x', 'plain': 'y'})
        self.assertEqual({'plain': 'y'}, request.parameters)
        self.assertTrue(request.is_partial)
        self.assertTrue(request.selects(image(**{key: 'x'})))
        self.assertFalse(request.selects(image(**{key: 'z'})))
        self.assertFalse(request.selects(image()))

    def test_metadata_that_is_json(self) -> None:
        """The caller filters by the text that the Image service keeps."""
        request = self._request(metadata={'mappings': '[]'})
        self.assertEqual({'mappings': '[]'}, request.parameters)


class ImageTest(base.TestCase):

    def test_everything(self) -> None:
        self.assertEqual(
            image_base.Image(
                'an-id', 'Name', 'active', 3, 1, 2, '2026-01-31T12:00:00Z',
                '2026-02-01T12:00:00Z', {'a': 'b'}),
            image(a='b'))

    def test_empty_values(self) -> None:
        found = image(name=None, size=None)
        self.assertEqual((None, 0), (found.name, found.size))

    def test_json_in_metadata(self) -> None:
        found = image(mappings='[{"a": 1}]', block_device_mapping='no JSON')
        self.assertEqual(
            {'mappings': [{'a': 1}], 'block_device_mapping': 'no JSON'},
            found.metadata)

    def test_metadata_that_is_no_text(self) -> None:
        found = image(mappings=None, key=None)
        self.assertEqual({'mappings': None, 'key': None}, found.metadata)

    def test_missing_attributes(self) -> None:
        for name in ('id', 'name', 'status', 'size', 'min_ram', 'min_disk',
                     'created_at', 'updated_at'):
            with self.case(name):
                document = {**DOCUMENT}
                del document[name]
                self.assertRaises(
                    KeyError, images.image, document,
                    image_base.IMAGE_ATTRIBUTES)

    def test_attributes_are_those_that_are_said(self) -> None:
        found = images.properties(
            {'id': 'x', 'new': 1, 'mine': 'y'}, frozenset({'id', 'new'}))
        self.assertEqual({'mine': 'y'}, found)
