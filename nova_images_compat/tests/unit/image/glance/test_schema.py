# SPDX-License-Identifier: Apache-2.0

"""Tests of which attributes are an image's own."""

from collections.abc import Set
import threading
from typing import Any

import fixtures

from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import schema
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

URL = f'{glance_case.ROOT}/v2/schemas/image'
OTHER_URL = f'{glance_case.OTHER_ROOT}/v2/schemas/image'
HOUR = 3600
BROKEN: tuple[dict[str, Any], ...] = (
    {'status_code': 404}, {'status_code': 500}, {'status_code': 503},
    {'status_code': 401}, {'text': '<html>'}, {'json': []}, {'json': {}},
    {'json': {'properties': ['id']}}, {'json': {'properties': {}}},
    {'exc': urllib3_mock.REFUSED}, {'exc': urllib3_mock.TOO_LATE})


def document(*names: str, **definitions: Any) -> dict[str, Any]:
    return {'properties': {
        'id': {}, **{name: {} for name in names}, **definitions}}


class ImageSchemaTest(glance_case.MockedTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.schema = schema.ImageSchema(
            glance_client.Client(self.configure_glance()))

    def _attributes(self, root: str = glance_case.ROOT) -> Set[str]:
        return self.schema.attributes(glance_case.caller(), root)

    def test_base_properties_are_attributes(self) -> None:
        self.mocker.get(URL, json=document(
            'name', mine={'is_base': False, 'type': 'string'},
            kernel_id={'is_base': False}, new={'is_base': True}, odd='x'))
        self.assertEqual({'id', 'name', 'new', 'odd'}, self._attributes())

    def test_fetched_as_the_caller(self) -> None:
        self.mocker.get(URL, json=document())
        self._attributes()
        sent = self.sent.headers
        self.assertEqual(
            (glance_case.TOKEN, glance_case.GLOBAL_ID),
            (sent['X-Auth-Token'], sent['X-OpenStack-Request-ID']))

    def test_each_server_has_its_own(self) -> None:
        one = self.mocker.get(URL, json=document('one'))
        two = self.mocker.get(OTHER_URL, json=document('two'))
        for number in range(3):
            with self.case(number):
                self.assertEqual({'id', 'one'}, self._attributes())
                self.assertEqual(
                    {'id', 'two'}, self._attributes(glance_case.OTHER_ROOT))
        self.assertEqual((1, 1), (one.call_count, two.call_count))

    def test_refreshed_after_an_hour(self) -> None:
        fetch = self.mocker.get(
            URL, [{'json': document('old')}, {'json': document('new')}])
        self._attributes()
        self.clock.now += HOUR - 1
        self.assertEqual({'id', 'old'}, self._attributes())
        self.assertEqual(1, fetch.call_count)
        self.clock.now += 2
        self.assertEqual({'id', 'new'}, self._attributes())
        self.assertEqual(2, fetch.call_count)

    def test_built_in_list_while_there_is_none(self) -> None:
        for response in BROKEN:
            with self.case(response):
                self.schema = schema.ImageSchema(self.schema.client)
                fetch = self.mocker.get(URL, **response)
                for number in range(3):
                    with self.case(number):
                        self.assertEqual(
                            image_base.IMAGE_ATTRIBUTES, self._attributes())
                self.assertEqual(1, fetch.call_count)
                self.clock.now += schema.RETRY_AFTER + 1
                self.mocker.get(URL, json=document('now'))
                self.assertEqual({'id', 'now'}, self._attributes())
        self.assertIn('WARNING', self.log.output)

    def test_the_last_one_stays_while_there_is_no_new_one(self) -> None:
        self.mocker.get(URL, json=document('old'))
        self._attributes()
        for response in BROKEN:
            with self.case(response):
                self.mocker.get(URL, **response)
                self.clock.now += HOUR + 1
                self.assertEqual({'id', 'old'}, self._attributes())

    def test_nobody_waits_while_another_fetches(self) -> None:
        asked, answered = threading.Event(), threading.Event()
        found = []

        def fetch(context: Any, root: str, path: str, timeout: float) -> Any:
            asked.set()
            answered.wait(5)
            return glance_answer.Answer(
                root, 200, b'{"properties": {"id": 1}}')

        # requests_mock lets one request through at a time.
        self.useFixture(fixtures.MockPatchObject(
            self.schema.client, 'ask', fetch))
        thread = threading.Thread(
            target=lambda: found.append(self._attributes()))
        thread.start()
        self.assertTrue(asked.wait(5))
        self.assertEqual(image_base.IMAGE_ATTRIBUTES, self._attributes())
        answered.set()
        thread.join()
        self.assertEqual([{'id'}], found)
        self.assertEqual({'id'}, self._attributes())
