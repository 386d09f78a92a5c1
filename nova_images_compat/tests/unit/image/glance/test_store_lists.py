# SPDX-License-Identifier: Apache-2.0

"""Tests of lists of images in the Image service."""

from typing import Any
import uuid

import orjson

from nova_images_compat import exception
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.unit.image.glance import glance_case

Failure = fake_glance.Failure


class ListTest(glance_case.StoreTestCase):

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
        query: dict[str, Any]
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
                self.fail_next(Failure(status, glance_case.ERROR_PAGE))
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
        self.fail_next(
            Failure(), Failure(before=lambda: self.glance.images.pop(ids[4])),
            Failure(), Failure(before=lambda: [
                self.glance.images.pop(image_id) for image_id in ids[8:10]]))
        found = self.listed()
        self.assertEqual(ids, found)

    def test_list_that_vanishes_meanwhile(self) -> None:
        self.glance.max_limit = 5
        for _ in range(10):
            self.glance.add()
        self.fail_next(Failure(), Failure(before=self.glance.images.clear))
        self.assertRaises(exception.ImageStoreUnavailable, self.listed)

    def test_refusal(self) -> None:
        self.fail_next(Failure(403, glance_case.ERROR_PAGE))
        self.assertRaises(exception.ListNotAuthorized, self.listed)
        for status in (400, 404, 409, 413):
            with self.case(status):
                self.fail_next(Failure(status, glance_case.ERROR_PAGE))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_answers_that_are_no_list(self) -> None:
        document: Any
        for document in (
                {}, {'images': None}, {'images': {}}, {'images': [1]},
                {'images': [None]}, {'images': ['x']}, {'images': [[]]},
                {'images': [{}]}, {'images': [{'id': 'x'}]}, []):
            with self.case(document):
                self.fail_next(Failure(200, orjson.dumps(document)))
                self.assertRaises(exception.BadGateway, self.listed)

    def test_page_that_comes_again_and_again(self) -> None:
        image = self.glance.images[self.glance.add()]
        page = orjson.dumps({'images': [image], 'next': '/v2/images'})
        self.fail_next(*(Failure(200, page) for _ in range(50)))
        self.assertRaises(exception.BadGateway, self.listed)
        self.assertLess(len(self.glance.requests), 50)

    def test_next_page_is_ours_to_ask_for(self) -> None:
        """The link is looked at, but not followed: it may lead anywhere."""
        image = self.glance.images[self.glance.add()]
        self.fail_next(Failure(200, orjson.dumps(
            {'images': [image], 'next': 'http://elsewhere.example/'})))
        self.listed()
        self.assertEqual(
            {'image.example'},
            {sent.hostname for sent in self.glance.requests})
