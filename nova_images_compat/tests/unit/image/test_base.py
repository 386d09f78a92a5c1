# SPDX-License-Identifier: Apache-2.0

"""Tests of what every image store has in common."""

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
                    image_base.refuse_reserved_keys, {'other': 'value', key: ''})
                self.assertIn(f"'{key}'", error.message)

    def test_everything_else_is_metadata(self) -> None:
        image_base.refuse_reserved_keys({})
        image_base.refuse_reserved_keys(dict.fromkeys((
            'Name', 'ID', 'name ', 'image_id', 'kernel_id', 'os_type',
            'remove_props', 'os_glance_x', 'instance_uuid', ''), 'value'))

    def test_json_text_is_decoded_under_its_keys_alone(self) -> None:
        for text in ('[{"device_name": "vda"}]', '{}', '"text"', '1', 'null'):
            for key in image_base.JSON_KEYS:
                with self.case(key):
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
