# SPDX-License-Identifier: Apache-2.0

"""Tests of single images in the Image service."""

from typing import Any
import uuid

from keystoneauth1 import fixture as keystone_fixture
import orjson
import requests

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import images
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

Failure = fake_glance.Failure
NO_IDS = ('', 'none', '1', 'a\0b', '../images', 'x' * 1000, '\U0001f4bf')


class ImageTest(glance_case.StoreTestCase):

    def test_everything(self) -> None:
        image_id = self.glance.add(
            name='Name', size=2 ** 40, min_ram=1, min_disk=2, key='value',
            mappings='[]', mine='x', new_attribute=5)
        self.glance.properties.update(
            mine={'is_base': False}, new_attribute={'is_base': True})
        time = self.glance.images[image_id]['created_at']
        shown = image_base.Image(
            image_id, 'Name', 'active', 2 ** 40, 1, 2, time, time,
            {'key': 'value', 'mappings': [], 'mine': 'x'})
        self.assertEqual(shown, self.store.get(self.caller, image_id))
        self.assertEqual([shown], self.store.list(
            self.caller, image_base.ImageQuery(with_metadata=True)))

    def test_what_is_no_id_is_no_image(self) -> None:
        for name, call in self.calls().items():
            for unknown in NO_IDS:
                with self.case(name, unknown):
                    self.assertRaises(exception.ImageNotFound, call, unknown)
        self.assertEqual([], self.glance.requests)

    def test_ids_are_quoted(self) -> None:
        image_id = f'{{{uuid.uuid4()}}}'
        self.assertRaises(
            exception.ImageNotFound, self.store.get, self.caller, image_id)
        (sent,) = self.glance.requests
        self.assertEqual('%7B', sent.path[len('/v2/images/'):][:3])

    def test_image_that_is_not_there(self) -> None:
        for status in (404, 410):
            for name, call in self.calls().items():
                with self.case(status, name):
                    self.fail_next(Failure(status, glance_case.ERROR_PAGE))
                    self.assertRaises(
                        exception.ImageNotFound, call, str(uuid.uuid4()))

    def test_image_that_is_not_for_the_caller(self) -> None:
        image_id = str(uuid.uuid4())
        for name, call in {
                'get': self.calls()['get'], **self.writes()}.items():
            with self.case(name):
                self.fail_next(Failure(403, glance_case.ERROR_PAGE))
                error = self.assertRaises(
                    exception.ImageNotAuthorized, call, image_id)
                self.assertIn(image_id, str(error))
        self.fail_next(Failure(403, glance_case.ERROR_PAGE))
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.caller, image_id)

    def test_answers_of_the_wrong_shape(self) -> None:
        image_id = self.glance.add(key='value')
        whole = self.glance.images[image_id]
        change: dict[str, Any]
        for change in (
                {'id': None}, {'id': 5}, {'status': []}, {'size': 'big'},
                {'min_ram': None}, {'min_disk': 'x'}, {'created_at': None},
                {'updated_at': 5}, {'name': {}}):
            with self.case(change):
                self.fail_next(Failure(200, orjson.dumps({**whole, **change})))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller,
                    image_id)
                self.fail_next(Failure(200, orjson.dumps(
                    {'images': [{**whole, **change}]})))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_answers_that_are_no_image(self) -> None:
        image_id = self.glance.add(key='value')
        for body in (b'{}', b'[]', b'{"id": "x"}', b'"x"', b'{"id": '):
            with self.case(body):
                self.fail_next(Failure(200, body))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller,
                    image_id)
        for status in (400, 405, 409, 413, 418):
            with self.case(status):
                self.fail_next(Failure(status, glance_case.ERROR_PAGE))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller,
                    image_id)


class DeletionTest(glance_case.StoreTestCase):

    def test_deletion(self) -> None:
        image_id = self.glance.add()
        self.store.delete(self.caller, image_id)
        self.assertEqual({}, self.glance.images)
        self.assertEqual(['DELETE'], self.glance.calls)

    def test_answer_that_is_lost(self) -> None:
        image_id = self.glance.add()
        for error in (urllib3_mock.CUT, urllib3_mock.TOO_LATE):
            with self.case(error):
                self.glance.images[image_id] = {
                    **self.glance.images.get(image_id, {}), 'id': image_id,
                    'owner': self.caller.project_id, 'protected': False}
                self.fail_next(Failure(error=error, is_done=True))
                self.store.delete(self.caller, image_id)
                self.assertEqual({}, self.glance.images)

    def test_repeated_deletion_meets_the_first_one(self) -> None:
        for is_done in (True, False):
            with self.case(is_done):
                image_id = self.glance.add()
                self.fail_next(
                    Failure(error=urllib3_mock.CUT, is_done=is_done),
                    Failure(400, glance_case.ERROR_PAGE))
                if is_done:
                    self.store.delete(self.caller, image_id)
                else:
                    self.assertRaises(
                        exception.BadGateway, self.store.delete,
                        self.caller, image_id)

    def test_image_that_was_not_there_when_it_could_be_asked(self) -> None:
        self.fail_next(Failure(error=urllib3_mock.REFUSED))
        self.assertRaises(
            exception.ImageNotFound, self.store.delete, self.caller,
            str(uuid.uuid4()))

    def test_image_in_use(self) -> None:
        self.fail_next(Failure(409, glance_case.ERROR_PAGE))
        self.assertRaises(
            exception.ImageInUse, self.store.delete, self.caller,
            self.glance.add())

    def test_protected_image(self) -> None:
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.caller, self.glance.add(protected=True))


class ConfigurationTest(glance_case.MockedTestCase):

    def test_public_root(self) -> None:
        made = store.GlanceStore(self.configure_glance())
        self.assertEqual(
            glance_case.ROOT, made.public_root(glance_case.caller()))

    def test_what_it_cannot_start_with(self) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, store.GlanceStore,
            self.configure(
                {'glance': {'endpoint_override': 'x', 'timeout': -1}}))
        self.assertIn('[glance] timeout', str(error))

    def test_what_it_cannot_write_with(self) -> None:
        made = store.GlanceStore(self.configure_glance(
            {'coordination': {'backend_url': 'nowhere://'}}))
        self.assertRaisesRegex(
            exception.ConfigurationError, r'\[coordination\] backend_url',
            made.check_writes)

    def test_nothing_is_asked_at_the_start(self) -> None:
        store.GlanceStore(self.configure_glance())
        self.assertFalse(self.mocker.called)

    def test_filters_of_our_own_are_no_attributes(self) -> None:
        self.assertTrue(
            images.NOT_FILTERS.isdisjoint(image_base.IMAGE_ATTRIBUTES))


class CheckTest(glance_case.MockedTestCase):
    """Asking for a sign of life, where only Keystone knows whom to ask."""

    def setUp(self) -> None:
        super().setUp()
        self.keystone = self.mocker.post(
            identity_case.TOKENS, json=identity_case.token(),
            headers={'X-Subject-Token': 'ours'})
        self.glance = self.mocker.get(f'{glance_case.ROOT}/', status_code=300)

    def _make(self, **options: Any) -> store.GlanceStore:
        return store.GlanceStore(self.configure({
            'api': {'auth_strategy': 'keystone'},
            'keystone_authtoken': {**identity_case.OPTIONS, **options}}))

    def test_catalogue_is_fetched_once(self) -> None:
        made = self._make()
        for _ in range(3):
            made.check()
        self.assertEqual(
            (1, 3), (self.keystone.call_count, self.glance.call_count))
        self.assertNotIn('X-Auth-Token', self.sent.headers)

    def test_keystone_that_does_not_answer(self) -> None:
        made = self._make()
        self.mocker.post(identity_case.TOKENS, exc=requests.ConnectionError())
        self.assertRaises(exception.IdentityUnavailable, made.check)

    def test_catalogue_without_it(self) -> None:
        self.mocker.post(
            identity_case.TOKENS, json=keystone_fixture.V3Token(),
            headers={'X-Subject-Token': 'ours'})
        self.assertRaises(
            exception.ImageStoreUnavailable, self._make().check)

    def test_user_is_not_needed_before(self) -> None:
        made = self._make(auth_type='')
        error = self.assertRaises(exception.ConfigurationError, made.check)
        self.assertIn('auth_type', str(error))
