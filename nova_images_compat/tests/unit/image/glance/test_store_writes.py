# SPDX-License-Identifier: Apache-2.0

"""Tests of changes of metadata in the Image service."""

from typing import Any
from unittest import mock

import fixtures
from tooz import coordination as tooz_coordination

from nova_images_compat import exception
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

Failure = fake_glance.Failure
OWN = 'os_glance_failed_import'


class WriteTest(glance_case.StoreTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.add(a='1', b='2')

    def _add(self, items: dict[str, str]) -> dict[str, Any]:
        return self.store.add_metadata(
            self.caller, self.image_id, items, glance_case.unlimited)

    def _replace(self, items: dict[str, str]) -> None:
        self.store.replace_metadata(
            self.caller, self.image_id, items, glance_case.unlimited)

    def _remove(self, key: str) -> None:
        self.store.remove_metadata(self.caller, self.image_id, key)

    def _metadata(self) -> dict[str, Any]:
        return self.glance.metadata(self.image_id)

    def test_two_calls(self) -> None:
        for write, operations in (
                (lambda: self._add({'c/~': '3'}),
                 [{'op': 'add', 'path': '/c~1~0', 'value': '3'}]),
                (lambda: self._replace({'a': '1', 'b': 'x', 'c/~': '3'}),
                 [{'op': 'replace', 'path': '/b', 'value': 'x'}]),
                (lambda: self._remove('c/~'),
                 [{'op': 'remove', 'path': '/c~1~0'}])):
            with self.case(operations):
                self.glance.requests.clear()
                write()
                self.assertEqual(['GET', 'PATCH'], self.glance.calls)
                self.assertEqual([operations], self.patches())
                sent = self.glance.requests[-1]
                self.assertEqual(
                    ('application/openstack-images-v2.1-json-patch',
                     f'/v2/images/{self.image_id}'),
                    (sent.headers['Content-Type'], sent.path))
        self.assertEqual({'a': '1', 'b': 'x'}, self._metadata())

    def test_result_is_all_that_there_is_afterwards(self) -> None:
        def beside() -> None:
            self.glance.images[self.image_id]['theirs'] = 'x'

        self.fail_next(Failure(method='PATCH', before=beside))
        self.assertEqual(
            {'a': '1', 'b': '2', 'mappings': [1], 'theirs': 'x'},
            self._add({'mappings': '[1]'}))
        self.assertEqual(
            {'op': 'add', 'path': '/mappings', 'value': '[1]'},
            self.patches()[0][0])

    def test_nothing_to_do_is_not_sent(self) -> None:
        self.glance.images[self.image_id][OWN] = 'x'
        self.assertEqual(
            {'a': '1', 'b': '2', OWN: 'x'}, self._add({OWN: 'x'}))
        self._add({})
        self._replace({'a': '1', 'b': '2'})
        self.assertEqual(['GET'] * 3, self.glance.calls)

    def test_own_keys_of_the_image_service(self) -> None:
        self.glance.images[self.image_id][OWN] = 'x'
        self._replace({'a': 'new'})
        self.assertEqual({'a': 'new', OWN: 'x'}, self._metadata())
        for name, write in (
                ('add', lambda: self._add({OWN: 'y'})),
                ('replace', lambda: self._replace({OWN: 'y'})),
                ('remove', lambda: self._remove(OWN))):
            with self.case(name):
                self.assertRaises(exception.ImageNotAuthorized, write)
        self.assertEqual({'a': 'new', OWN: 'x'}, self._metadata())

    def test_names_of_attributes(self) -> None:
        self.glance.properties['brand_new'] = {}
        for key in ('name', 'status', 'owner', 'tags', 'brand_new'):
            with self.case(key):
                for write in (self._add, self._replace):
                    with self.case(key, write.__name__):
                        error = self.assertRaises(
                            exception.ReservedMetadataKey, write,
                            {'fine': '', key: 'x'})
                        self.assertIn(key, str(error))
                self.assertRaises(
                    exception.MetadataKeyNotFound, self._remove, key)
        self.assertEqual([], self.patches())

    def test_names_that_the_image_service_would_lose(self) -> None:
        for key in ('base', 'extra_properties', '__class__'):
            for write in (self._add, self._replace):
                with self.case(key, write.__name__):
                    self.assertRaises(
                        exception.MetadataRejected, write,
                        {'fine': '', key: 'x'})
        self.assertEqual([], self.patches())

    def test_quota_is_ours_to_check(self) -> None:
        check = mock.Mock(side_effect=exception.MetadataLimitExceeded)
        for write in (self.store.add_metadata, self.store.replace_metadata):
            with self.case(write.__name__):
                self.assertRaises(
                    exception.MetadataLimitExceeded, write, self.caller,
                    self.image_id, {'c': '3'}, check)
        self.assertEqual([mock.call(3), mock.call(1)], check.mock_calls)
        self.assertEqual([], self.patches())

    def test_key_that_is_not_there(self) -> None:
        self.assertRaises(
            exception.MetadataKeyNotFound, self._remove, 'c')
        self.assertEqual(['GET'], self.glance.calls)

    def test_key_that_vanishes_meanwhile(self) -> None:
        def vanish() -> None:
            del self.glance.images[self.image_id]['a']

        self.fail_next(Failure(method='PATCH', before=vanish))
        self.assertRaises(
            exception.MetadataKeyNotFound, self._remove, 'a')
        self.glance.images[self.image_id]['a'] = '1'
        self.fail_next(Failure(method='PATCH', before=vanish))
        self._replace({'a': 'new'})
        self.assertEqual({'a': 'new'}, self._metadata())
        self.assertEqual(
            [{'op': 'remove', 'path': '/b'},
             {'op': 'add', 'path': '/a', 'value': 'new'}], self.patches()[-1])

    def test_conflicts_without_end(self) -> None:
        for name, write in (
                ('add', lambda: self._add({'c': '3'})),
                ('replace', lambda: self._replace({'c': '3'})),
                ('remove', lambda: self._remove('a'))):
            with self.case(name):
                self.glance.requests.clear()
                self.fail_next(*[Failure(
                    409, glance_case.ERROR_PAGE, method='PATCH')] * 50)
                self.assertRaises(exception.MetadataConflict, write)
                self.assertEqual(
                    ['GET', 'PATCH'] * len(store.WRITE_DELAYS),
                    self.glance.calls)

    def test_answer_that_is_lost(self) -> None:
        for error in (urllib3_mock.CUT, urllib3_mock.CUT_BODY,
                      urllib3_mock.TOO_LATE):
            self.glance.images[self.image_id]['a'] = '1'
            for write, left in (
                    (lambda: self._add({'c': '3'}),
                     {'a': '1', 'b': '2', 'c': '3'}),
                    (lambda: self._remove('c'), {'a': '1', 'b': '2'}),
                    (lambda: self._replace({'b': '2', 'd': '4'}),
                     {'b': '2', 'd': '4'}),
                    (lambda: self._replace({'a': '1', 'b': '2'}),
                     {'a': '1', 'b': '2'})):
                with self.case(error, left):
                    self.fail_next(Failure(
                        method='PATCH', error=error, is_done=True))
                    write()
                    self.assertEqual(left, self._metadata())

    def test_answers_that_are_all_lost(self) -> None:
        for is_done in (False, True):
            with self.case(is_done):
                self.glance.requests.clear()
                self.fail_next(*[Failure(
                    method='PATCH', error=urllib3_mock.TOO_LATE,
                    is_done=is_done)] * 50)
                started = self.clock.now
                if is_done:
                    self._add({'c': '3'})
                    self.assertEqual(
                        ['GET', 'PATCH', 'GET'], self.glance.calls)
                else:
                    self.assertRaises(
                        (exception.MetadataConflict,
                         exception.ImageStoreUnavailable),
                        self._add, {'c': '3'})
                    self.assertEqual(
                        len(store.WRITE_DELAYS), len(self.patches()))
                self.assertLess(self.clock.now - started, 60)

    def test_all_calls_of_a_write_together_take_the_timeout(self) -> None:
        def hang() -> None:
            self.clock.now += 4

        self.store = self.make(timeout=10)
        self.fail_next(*[Failure(
            method='PATCH', error=urllib3_mock.TOO_LATE, before=hang)] * 50)
        started = self.clock.now
        self.assertRaises(
            exception.ImageStoreUnavailable, self._add, {'c': '3'})
        self.assertLess(self.clock.now - started, 15)

    def test_patch_that_never_left_and_a_key_that_vanishes(self) -> None:
        """Somebody else has removed it: we have not."""
        def vanish() -> None:
            self.glance.images[self.image_id].pop('a', None)

        self.fail_next(Failure(
            method='PATCH', error=urllib3_mock.REFUSED, before=vanish))
        self.assertRaises(
            exception.MetadataKeyNotFound, self._remove, 'a')

    def test_refusals(self) -> None:
        for status, error in (
                (400, exception.MetadataRejected),
                (403, exception.ImageNotAuthorized),
                (404, exception.ImageNotFound),
                (410, exception.ImageNotFound),
                (413, exception.MetadataLimitExceeded),
                (415, exception.BadGateway),
                (418, exception.BadGateway),
                (500, exception.BadGateway),
                (503, exception.ImageStoreUnavailable)):
            for name, write in self.writes().items():
                with self.case(status, name):
                    self.glance.images[self.image_id]['key'] = 'old'
                    self.fail_next(Failure(
                        status, glance_case.ERROR_PAGE, method='PATCH'))
                    self.assertRaises(error, write, self.image_id)
        self.fail_next(Failure(400, glance_case.ERROR_PAGE, method='PATCH'))
        refusal = self.assertRaises(
            exception.MetadataRejected, self._add, {'c': '3'})
        self.assertTrue(str(refusal).endswith(': Key "a" is <no> good'))

    def test_invalid_answers(self) -> None:
        for body in (b'{}', b'[]', b'<html>', b'{"id": 5}'):
            for name, write in self.writes().items():
                with self.case(body, name):
                    self.glance.images[self.image_id]['key'] = 'old'
                    self.fail_next(Failure(200, body, method='PATCH'))
                    self.assertRaises(
                        exception.BadGateway, write, self.image_id)

    def test_lock_is_given_back_whatever_happens(self) -> None:
        self.store = self.make({'coordination': {'lock_timeout': 0}})
        for failure, error in (
                (Failure(500, glance_case.ERROR_PAGE), exception.BadGateway),
                (Failure(error=urllib3_mock.CUT, method='GET'),
                 None),
                (Failure(413, glance_case.ERROR_PAGE, method='PATCH'),
                 exception.MetadataLimitExceeded)):
            with self.case(failure, error):
                self.fail_next(failure)
                if error:
                    self.assertRaises(error, self._add, {'c': '3'})
                self.fail_next()
                self._add({'c': '3'})

    def test_image_is_one_however_its_id_is_written(self) -> None:
        self.store = self.make({'coordination': {'lock_timeout': 0}})
        with self.store.locks.hold(self.image_id):
            for image_id in (self.image_id, self.image_id.upper()):
                for name, write in self.writes().items():
                    with self.case(image_id, name):
                        self.assertRaises(
                            exception.LockUnavailable, write, image_id)
        self.assertEqual([], self.glance.requests)

    def test_lock_that_was_lost_before_the_change(self) -> None:
        driver = mock.Mock()
        driver.get_lock.return_value.is_still_owner.return_value = False
        self.useFixture(fixtures.MockPatchObject(
            tooz_coordination, 'get_coordinator', return_value=driver))
        self.store = self.make(
            {'coordination': {'backend_url': 'redis://127.0.0.1'}})
        for name, write in self.writes().items():
            with self.case(name):
                self.glance.images[self.image_id]['key'] = 'old'
                self.assertRaises(
                    exception.LockUnavailable, write, self.image_id)
        self.assertEqual([], self.patches())

    def test_reads_need_no_backend_of_the_locks(self) -> None:
        self.store = self.make(
            {'coordination': {'backend_url': 'file:///proc/nowhere'}})
        self.store.check()
        self.assertRaisesRegex(
            exception.ConfigurationError, '/proc/nowhere',
            self.store.check_writes)
        for name, write in self.writes().items():
            with self.case(name):
                self.assertRaises(
                    exception.LockUnavailable, write, self.image_id)
        self.store.get(self.caller, self.image_id)
        self.assertEqual([self.image_id], self.listed())
        self.store.delete(self.caller, self.image_id)

    def test_only_writes_of_metadata_need_the_lock(self) -> None:
        self.store = self.make({'coordination': {'lock_timeout': 0}})
        with self.store.locks.hold(self.image_id):
            self.store.get(self.caller, self.image_id)
            self.assertEqual([self.image_id], self.listed())
            self.store.delete(self.caller, self.image_id)
