# SPDX-License-Identifier: Apache-2.0

"""Tests of the rules that all image stores share."""

from typing import Any

import hypothesis
from hypothesis import strategies
import orjson

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.tests import base


class MetadataTest(base.TestCase):

    def test_attributes_of_the_image_are_no_metadata(self) -> None:
        for key in image_base.IMAGE_ATTRIBUTES:
            with self.case(key):
                error = self.assertRaises(
                    exception.ReservedMetadataKey,
                    image_base.reject_reserved_keys,
                    {'other': 'value', key: ''})
                self.assertIn(f"'{key}'", error.message)

    def test_everything_else_is_metadata(self) -> None:
        image_base.reject_reserved_keys({})
        image_base.reject_reserved_keys(dict.fromkeys((
            'Name', 'ID', 'name ', 'image_id', 'kernel_id', 'os_type',
            'remove_props', 'os_glance_x', 'instance_uuid', ''), 'value'))

    def test_json_text_is_decoded_under_its_keys_alone(self) -> None:
        for text in ('[{"device_name": "vda"}]', '{}', '"text"', '1', 'null'):
            for key in image_base.JSON_KEYS:
                with self.case(key, text):
                    self.assertEqual(
                        {key: orjson.loads(text), 'other': text},
                        image_base.decode_metadata({key: text, 'other': text}))

    @hypothesis.settings(
        max_examples=50, deadline=None, derandomize=True, database=None)
    @hypothesis.example('')
    @hypothesis.example('[' * 5000)
    @hypothesis.example('NaN')
    @hypothesis.example('"\\ud800"')
    @hypothesis.given(strategies.text().map('{'.__add__))
    def test_other_text_stays_as_it_is(self, text: str) -> None:
        for key in image_base.JSON_KEYS:
            with self.case(key):
                self.assertEqual(
                    {key: text}, image_base.decode_metadata({key: text}))


class RulesTest(base.TestCase):

    def _selects_nothing(self, **query: Any) -> bool:
        return image_base.selects_nothing(image_base.ImageQuery(**query))

    def test_queries_that_select_nothing(self) -> None:
        queries: tuple[dict[str, Any], ...] = (
            {'statuses': frozenset()}, {'min_ram': 2 ** 31},
            {'min_disk': 2 ** 31}, {'min_ram': -2 ** 63},
            {'metadata': {'owner': 'x'}}, {'metadata': {'status': 'x'}},
            {'metadata': {'visibility': 'public', 'a': 'b'}},
            {'metadata': {'os_hidden': 'true'}})
        for query in queries:
            with self.case(query):
                self.assertTrue(self._selects_nothing(**query))

    def test_queries_that_may_select_images(self) -> None:
        queries: tuple[dict[str, Any], ...] = (
            {}, {'statuses': frozenset({'active'})},
            {'min_ram': 2 ** 31 - 1}, {'min_disk': 0}, {'min_disk': -1},
            {'metadata': {'image_id': 'x', 'Owner': 'y'}})
        for query in queries:
            with self.case(query):
                self.assertFalse(self._selects_nothing(**query))

    def test_image_id_is_a_uuid(self) -> None:
        for image_id in ('155d900f-4e14-4e4c-a73d-069cbf4541e6',
                         '155D900F-4E14-4E4C-A73D-069CBF4541E6'):
            with self.case(image_id):
                image_base.check_image_id(image_id)
        for image_id in ('', '1', 'detail', '155d900f-4e14-4e4c-a73d'):
            with self.case(image_id):
                self.assertRaises(
                    exception.ImageNotFound, image_base.check_image_id,
                    image_id)

    def test_keys_of_the_image_service(self) -> None:
        for key, is_own in (('os_glance_import_task', True),
                            ('os_glance', False), ('x_os_glance_', False)):
            with self.case(key):
                self.assertIs(is_own, image_base.is_service_key(key))


class ImageStoreTest(base.TestCase):

    def test_store_must_do_everything(self) -> None:
        class Half(image_base.ImageStore):
            def __init__(self, conf: object) -> None:
                pass

        error = self.assertRaises(TypeError, Half, None)
        for method in ('check', 'get', 'list', 'delete', 'add_metadata',
                       'replace_metadata', 'remove_metadata', 'public_root'):
            with self.case(method):
                self.assertIn(method, str(error))

    def test_query_does_not_change(self) -> None:
        query = image_base.ImageQuery()
        self.assertRaises(AttributeError, setattr, query, 'limit', 1)
        self.assertIsNot(query.metadata, image_base.ImageQuery().metadata)
