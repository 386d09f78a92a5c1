# SPDX-License-Identifier: Apache-2.0

"""Tests of images in the Image service."""

from collections.abc import Callable
from typing import Any
from unittest import mock
import uuid

import fixtures
from keystoneauth1 import fixture as keystone_fixture
import orjson
import requests
from tooz import coordination as tooz_coordination

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import images
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests.unit.image.glance import glance_case

Failure = fake_glance.Failure
HTML = fake_glance.HTTPError(400, 'Key "a" is <no> good').body
NO_IDS = ('', 'none', '1', 'a\0b', '../images', 'x' * 1000, '\U0001f4bf')
OWN = 'os_glance_failed_import'


class _TestCase(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        self.store = self.make()
        self.caller = glance_case.caller()

    def make(self, groups: Any = None, **glance: Any) -> store.GlanceStore:
        return store.GlanceStore(self.configure_glance(groups, **glance))

    def listed(self, **query: Any) -> list[str]:
        """Return the ids of a list."""
        return [image.id for image in self.store.list(
            self.caller, image_base.ImageQuery(**query))]

    def queries(self) -> list[dict[str, list[str]]]:
        """Return the query strings of all requests of images."""
        return [sent.qs for sent in self.glance.requests]

    def patches(self) -> list[Any]:
        """Return the bodies of all patches."""
        return [orjson.loads(sent.body) for sent in self.glance.requests
                if sent.method == 'PATCH']

    def fail(self, *failures: Failure) -> None:
        self.glance.failures = list(failures)

    def writes(self) -> list[Callable[[str], Any]]:
        return [
            lambda image_id: self.store.add_metadata(
                self.caller, image_id, {'key': 'new'}, glance_case.unlimited),
            lambda image_id: self.store.replace_metadata(
                self.caller, image_id, {'key': 'new'}, glance_case.unlimited),
            lambda image_id: self.store.remove_metadata(
                self.caller, image_id, 'key')]

    def calls(self) -> list[Callable[[str], Any]]:
        return [lambda image_id: self.store.get(self.caller, image_id),
                lambda image_id: self.store.delete(self.caller, image_id),
                *self.writes()]


class ImageTest(_TestCase):

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
        for call in self.calls():
            for unknown in NO_IDS:
                with self.case(unknown):
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
            for call in self.calls():
                with self.case(call):
                    self.fail(Failure(status, HTML))
                    self.assertRaises(
                        exception.ImageNotFound, call, str(uuid.uuid4()))

    def test_image_that_is_not_for_the_caller(self) -> None:
        image_id = str(uuid.uuid4())
        for call in (self.calls()[0], *self.writes()):
            with self.case(call):
                self.fail(Failure(403, HTML))
                error = self.assertRaises(
                    exception.ImageNotAuthorized, call, image_id)
                self.assertIn(image_id, str(error))
        self.fail(Failure(403, HTML))
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.caller, image_id)

    def test_answers_of_the_wrong_shape(self) -> None:
        image_id = self.glance.add(key='value')
        whole = self.glance.images[image_id]
        for change in (
                {'id': None}, {'id': 5}, {'status': []}, {'size': 'big'},
                {'min_ram': None}, {'min_disk': 'x'}, {'created_at': None},
                {'updated_at': 5}, {'name': {}}):
            with self.case(change):
                self.fail(Failure(200, orjson.dumps({**whole, **change})))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller, image_id)
                self.fail(Failure(200, orjson.dumps(
                    {'images': [{**whole, **change}]})))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_answers_that_are_no_image(self) -> None:
        image_id = self.glance.add(key='value')
        for body in (b'{}', b'[]', b'{"id": "x"}', b'"x"', b'{"id": '):
            with self.case(body):
                self.fail(Failure(200, body))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller, image_id)
        for status in (400, 405, 409, 413, 418):
            with self.case(status):
                self.fail(Failure(status, HTML))
                self.assertRaises(
                    exception.BadGateway, self.store.get, self.caller, image_id)


class DeletionTest(_TestCase):

    def test_deletion(self) -> None:
        image_id = self.glance.add()
        self.store.delete(self.caller, image_id)
        self.assertEqual({}, self.glance.images)
        self.assertEqual(['DELETE'], self.glance.calls)

    def test_answer_that_is_lost(self) -> None:
        image_id = self.glance.add()
        for error in (glance_case.CUT, glance_case.TOO_LATE):
            with self.case(error):
                self.glance.images[image_id] = {
                    **self.glance.images.get(image_id, {}), 'id': image_id,
                    'owner': self.caller.project_id, 'protected': False}
                self.fail(Failure(error=error, is_done=True))
                self.store.delete(self.caller, image_id)
                self.assertEqual({}, self.glance.images)

    def test_image_that_was_not_there_when_it_could_be_asked(self) -> None:
        self.fail(Failure(error=glance_case.REFUSED))
        self.assertRaises(
            exception.ImageNotFound, self.store.delete, self.caller,
            str(uuid.uuid4()))

    def test_image_in_use(self) -> None:
        self.fail(Failure(409, HTML))
        self.assertRaises(
            exception.ImageInUse, self.store.delete, self.caller,
            self.glance.add())

    def test_protected_image(self) -> None:
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.caller, self.glance.add(protected=True))


class ListTest(_TestCase):

    def test_parameters(self) -> None:
        self.listed(
            name='a:b', min_ram=1, metadata={'k': 'v w'}, limit=7,
            statuses=frozenset({'queued', 'saving'}))
        self.assertEqual([{
            'name': ['in:"a:b"'], 'min_ram': ['1'], 'k': ['v w'],
            'limit': ['7'], 'status': ['in:queued,saving'],
        }], self.queries())

    def test_nothing_can_be_found(self) -> None:
        self.glance.add()
        for query in (
                {'statuses': frozenset()}, {'min_ram': 2 ** 40},
                {'metadata': {'owner': self.caller.project_id}}):
            with self.case(query):
                self.assertEqual([], self.listed(**query))
        self.assertEqual([], self.glance.requests)

    def test_marker_where_nothing_can_be_found(self) -> None:
        image_id = self.glance.add()
        self.assertEqual([], self.listed(
            statuses=frozenset(), marker=image_id))
        for marker in ('zzz', str(uuid.uuid4())):
            with self.case(marker):
                error = self.assertRaises(
                    exception.InvalidParameter, self.listed,
                    statuses=frozenset(), marker=marker)
                self.assertIn('marker', error.message)

    def test_whole(self) -> None:
        ids = [self.glance.add() for _ in range(2500)][::-1]
        self.assertEqual(ids, self.listed())
        self.assertEqual(
            [['1000']] * 3, [query['limit'] for query in self.queries()])
        self.assertEqual(
            [None, [ids[999]], [ids[1999]]],
            [query.get('marker') for query in self.queries()])

    def test_image_service_with_smaller_pages(self) -> None:
        self.glance.max_limit = 3
        ids = [self.glance.add() for _ in range(10)][::-1]
        self.assertEqual(ids, self.listed())
        for limit, pages in ((3, 1), (4, 2), (7, 3), (10, 4), (11, 4)):
            with self.case(limit, pages):
                self.glance.requests.clear()
                self.assertEqual(ids[:limit], self.listed(limit=limit))
                self.assertEqual(pages, len(self.glance.requests))
        self.assertEqual(
            ids[3:8], self.listed(limit=5, marker=ids[2]))

    def test_limit_of_nothing(self) -> None:
        self.glance.add()
        self.assertEqual([], self.listed(limit=0))

    def test_filter_of_our_own_with_a_limit(self) -> None:
        self.glance.max_limit = 4
        ids = [self.glance.add(tag='even' if number % 2 == 0 else 'odd')
               for number in range(20)][::-1]
        self.assertEqual(
            ids[1:10:2], self.listed(metadata={'tag': 'even'}, limit=5))
        self.assertEqual(ids[::2], self.listed(metadata={'tag': 'odd'}))
        self.assertEqual(
            ids[9:14:2], self.listed(
                metadata={'tag': 'even'}, limit=3, marker=ids[7]))
        self.assertNotIn('tag', self.glance.requests[0].qs)

    def test_name_that_cannot_be_said(self) -> None:
        name = 'a:"b"'
        image_id = self.glance.add(name=name)
        self.glance.add(name='a')
        self.assertEqual([image_id], self.listed(name=name, limit=1))

    def test_marker_of_the_caller(self) -> None:
        for status in (400, 404):
            with self.case(status):
                self.fail(Failure(status, HTML))
                error = self.assertRaises(
                    exception.InvalidParameter, self.listed, marker='a&b')
                self.assertIn('marker', str(error))
                self.assertIn('a&b', str(error))
                self.assertNotIn('Key', str(error))
        self.assertEqual(
            [['a&b']] * 2, [query['marker'] for query in self.queries()])

    def test_marker_that_is_deleted_meanwhile(self) -> None:
        self.glance.max_limit = 5
        ids = [self.glance.add() for _ in range(15)][::-1]
        self.fail(
            Failure(), Failure(before=lambda: self.glance.images.pop(ids[4])),
            Failure(), Failure(before=lambda: [
                self.glance.images.pop(image_id) for image_id in ids[8:10]]))
        found = self.listed()
        self.assertEqual(ids, found)

    def test_list_that_vanishes_meanwhile(self) -> None:
        self.glance.max_limit = 5
        for _ in range(10):
            self.glance.add()
        self.fail(Failure(), Failure(before=self.glance.images.clear))
        self.assertRaises(exception.ImageStoreUnavailable, self.listed)

    def test_refusal(self) -> None:
        self.fail(Failure(403, HTML))
        self.assertRaises(exception.ListNotAuthorized, self.listed)
        for status in (400, 404, 409, 413):
            with self.case(status):
                self.fail(Failure(status, HTML))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_answers_that_are_no_list(self) -> None:
        for document in (
                {}, {'images': None}, {'images': {}}, {'images': [1]},
                {'images': [None]}, {'images': ['x']}, {'images': [[]]},
                {'images': [{}]}, {'images': [{'id': 'x'}]}, []):
            with self.case(document):
                self.fail(Failure(200, orjson.dumps(document)))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_page_that_comes_again_and_again(self) -> None:
        image = self.glance.images[self.glance.add()]
        page = orjson.dumps({'images': [image], 'next': '/v2/images'})
        self.fail(*(Failure(200, page) for _ in range(50)))
        self.assertRaises(exception.BadGateway, self.listed)
        self.assertLess(len(self.glance.requests), 50)

    def test_next_page_is_ours_to_ask_for(self) -> None:
        """The link is looked at, but not followed: it may lead anywhere."""
        image = self.glance.images[self.glance.add()]
        self.fail(Failure(200, orjson.dumps(
            {'images': [image], 'next': 'http://elsewhere.example/'})))
        self.listed()
        self.assertEqual(
            {'image.example'},
            {sent.hostname for sent in self.glance.requests})


class WriteTest(_TestCase):

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
            with self.case(write, operations):
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

        self.fail(Failure(method='PATCH', before=beside))
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
        for write in (lambda: self._add({OWN: 'y'}),
                      lambda: self._replace({OWN: 'y'}),
                      lambda: self._remove(OWN)):
            with self.case(write):
                self.assertRaises(exception.ImageNotAuthorized, write)
        self.assertEqual({'a': 'new', OWN: 'x'}, self._metadata())

    def test_names_of_attributes(self) -> None:
        self.glance.properties['brand_new'] = {}
        for key in ('name', 'status', 'owner', 'tags', 'brand_new'):
            with self.case(key):
                for write in (self._add, self._replace):
                    with self.case(write):
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
                with self.case(write):
                    self.assertRaises(
                        exception.MetadataRefused, write, {'fine': '', key: 'x'})
        self.assertEqual([], self.patches())

    def test_quota_is_ours_to_check(self) -> None:
        check = mock.Mock(side_effect=exception.MetadataLimitExceeded)
        for write in (self.store.add_metadata, self.store.replace_metadata):
            with self.case(write):
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

        self.fail(Failure(method='PATCH', before=vanish))
        self.assertRaises(
            exception.MetadataKeyNotFound, self._remove, 'a')
        self.glance.images[self.image_id]['a'] = '1'
        self.fail(Failure(method='PATCH', before=vanish))
        self._replace({'a': 'new'})
        self.assertEqual({'a': 'new'}, self._metadata())
        self.assertEqual(
            [{'op': 'remove', 'path': '/b'},
             {'op': 'add', 'path': '/a', 'value': 'new'}], self.patches()[-1])

    def test_conflicts_without_end(self) -> None:
        for write in (lambda: self._add({'c': '3'}),
                      lambda: self._replace({'c': '3'}),
                      lambda: self._remove('a')):
            with self.case(write):
                self.glance.requests.clear()
                self.fail(*(Failure(409, HTML, method='PATCH')
                            for _ in range(50)))
                self.assertRaises(exception.MetadataConflict, write)
                self.assertEqual(
                    ['GET', 'PATCH'] * len(store.WRITE_DELAYS), self.glance.calls)

    def test_answer_that_is_lost(self) -> None:
        for error in (glance_case.CUT, glance_case.CUT_BODY,
                      glance_case.TOO_LATE):
            self.glance.images[self.image_id]['a'] = '1'
            for write, left in (
                    (lambda: self._add({'c': '3'}),
                     {'a': '1', 'b': '2', 'c': '3'}),
                    (lambda: self._remove('c'), {'a': '1', 'b': '2'}),
                    (lambda: self._replace({'b': '2', 'd': '4'}),
                     {'b': '2', 'd': '4'}),
                    (lambda: self._replace({'a': '1', 'b': '2'}),
                     {'a': '1', 'b': '2'})):
                with self.case(write, left):
                    self.fail(Failure(
                        method='PATCH', error=error, is_done=True))
                    write()
                    self.assertEqual(left, self._metadata())

    def test_answers_that_are_all_lost(self) -> None:
        for is_done in (False, True):
            with self.case(is_done):
                self.glance.requests.clear()
                self.fail(*(Failure(method='PATCH', error=glance_case.TOO_LATE,
                                    is_done=is_done) for _ in range(50)))
                started = self.clock.now
                if is_done:
                    self._add({'c': '3'})
                    self.assertEqual(['GET', 'PATCH', 'GET'], self.glance.calls)
                else:
                    self.assertRaises(
                        (exception.MetadataConflict,
                         exception.ImageStoreUnavailable), self._add, {'c': '3'})
                    self.assertEqual(
                        len(store.WRITE_DELAYS), len(self.patches()))
                self.assertLess(self.clock.now - started, 60)

    def test_all_calls_of_a_write_together_take_the_timeout(self) -> None:
        def hang() -> None:
            self.clock.now += 4

        self.store = self.make(timeout=10)
        self.fail(*(Failure(method='PATCH', error=glance_case.TOO_LATE,
                            before=hang) for _ in range(50)))
        started = self.clock.now
        self.assertRaises(
            exception.ImageStoreUnavailable, self._add, {'c': '3'})
        self.assertLess(self.clock.now - started, 15)

    def test_patch_that_never_left_and_a_key_that_vanishes(self) -> None:
        """Somebody else has removed it: we have not."""
        def vanish() -> None:
            self.glance.images[self.image_id].pop('a', None)

        self.fail(Failure(method='PATCH', error=glance_case.REFUSED,
                          before=vanish))
        self.assertRaises(
            exception.MetadataKeyNotFound, self._remove, 'a')

    def test_refusals(self) -> None:
        for status, error in (
                (400, exception.MetadataRefused),
                (403, exception.ImageNotAuthorized),
                (404, exception.ImageNotFound),
                (410, exception.ImageNotFound),
                (413, exception.MetadataLimitExceeded),
                (415, exception.BadGateway),
                (418, exception.BadGateway),
                (500, exception.BadGateway),
                (503, exception.ImageStoreUnavailable)):
            for write in self.writes():
                with self.case(write):
                    self.glance.images[self.image_id]['key'] = 'old'
                    self.fail(Failure(status, HTML, method='PATCH'))
                    self.assertRaises(error, write, self.image_id)
        self.fail(Failure(400, HTML, method='PATCH'))
        error = self.assertRaises(
            exception.MetadataRefused, self._add, {'c': '3'})
        self.assertTrue(str(error).endswith(': Key "a" is <no> good'))

    def test_answers_that_make_no_sense(self) -> None:
        for body in (b'{}', b'[]', b'<html>', b'{"id": 5}'):
            for write in self.writes():
                with self.case(write):
                    self.glance.images[self.image_id]['key'] = 'old'
                    self.fail(Failure(200, body, method='PATCH'))
                    self.assertRaises(
                        exception.BadGateway, write, self.image_id)

    def test_lock_is_given_back_whatever_happens(self) -> None:
        self.store = self.make({'coordination': {'lock_timeout': 0}})
        for failure, error in (
                (Failure(500, HTML), exception.BadGateway),
                (Failure(error=requests.ConnectionError(), method='GET'),
                 None),
                (Failure(413, HTML, method='PATCH'),
                 exception.MetadataLimitExceeded)):
            with self.case(failure, error):
                self.fail(failure)
                if error:
                    self.assertRaises(error, self._add, {'c': '3'})
                self.fail()
                self._add({'c': '3'})

    def test_image_is_one_however_its_id_is_written(self) -> None:
        self.store = self.make({'coordination': {'lock_timeout': 0}})
        with self.store.locks.hold(self.image_id):
            for image_id in (self.image_id, self.image_id.upper()):
                for write in self.writes():
                    with self.case(write):
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
        for write in self.writes():
            with self.case(write):
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
        for write in self.writes():
            with self.case(write):
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


class ConfigurationTest(glance_case.TestCase):

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
        mocker = self.mock_requests()
        store.GlanceStore(self.configure_glance())
        self.assertFalse(mocker.called)

    def test_filters_of_our_own_are_no_attributes(self) -> None:
        self.assertTrue(
            images.NOT_FILTERS.isdisjoint(image_base.IMAGE_ATTRIBUTES))


class CheckTest(glance_case.TestCase):
    """Asking for a sign of life, where only Keystone knows whom to ask."""

    def setUp(self) -> None:
        super().setUp()
        self.mocker = self.mock_requests()
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
        self.assertNotIn('X-Auth-Token', self.glance.last_request.headers)

    def test_keystone_that_does_not_answer(self) -> None:
        made = self._make()
        self.mocker.post(identity_case.TOKENS, exc=glance_case.REFUSED)
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
