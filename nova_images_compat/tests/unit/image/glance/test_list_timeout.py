# SPDX-License-Identifier: Apache-2.0

"""Tests of how long a list from the Image service may take in all."""

from typing import Any

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.unit.image.glance import glance_case
from nova_images_compat.tests import urllib3_mock

Failure = fake_glance.Failure
LINE = (
    r'(?m)^ERROR .* Timed out after 60 seconds reading a list .*'
    r'\[glance\] list_timeout')


class ListTimeoutTest(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance(max_limit=1))
        for _ in range(10):
            self.glance.add()

    def _list(
        self, query: image_base.ImageQuery | None = None, **glance: float,
    ) -> list[image_base.Image]:
        made = store.GlanceStore(self.configure_glance(**glance))
        return made.list(
            glance_case.caller(), query or image_base.ImageQuery())

    def _answer_after(self, seconds: float, **what: Any) -> None:
        """Let each request of images take its time."""
        self.glance.failures = [
            Failure(before=lambda: self.clock.sleep(seconds), **what)
            for _ in range(50)]

    def _assert_timed_out(self, error: exception.APIError) -> None:
        self.assertEqual(503, error.code)
        self.assertIn('Retry-After', error.headers)
        self.assertRegex(self.log.output, LINE)
        self.assertEqual(1, self.log.output.count('list_timeout'))

    def test_pages_that_come_slowly(self) -> None:
        self._answer_after(25)
        started = self.clock.now
        self._assert_timed_out(self.assertRaises(
            exception.ImageStoreUnavailable, self._list))
        self.assertEqual(75, round(self.clock.now - started))
        self.assertEqual(['GET'] * 3, self.glance.calls)

    def test_no_page_may_take_longer_than_the_list(self) -> None:
        self._answer_after(25)
        self.assertRaises(exception.ImageStoreUnavailable, self._list)
        self.assertEqual(
            [60, 35, 10],
            [sent.timeout[1] for sent in self.glance.requests])

    def test_page_that_does_not_come(self) -> None:
        self._answer_after(60, error=urllib3_mock.TOO_LATE)
        self._assert_timed_out(self.assertRaises(
            exception.ImageStoreUnavailable, self._list))
        self.assertEqual(['GET'], self.glance.calls)

    def test_images_that_vanish_one_by_one(self) -> None:
        """Each marker of a page that is gone costs a request."""
        self.glance.max_limit = 5
        self.glance.failures = [Failure(), *(
            Failure(404, b'gone', before=lambda: self.clock.sleep(25))
            for _ in range(50))]
        self._assert_timed_out(self.assertRaises(
            exception.ImageStoreUnavailable, self._list))
        self.assertEqual(['GET'] * 4, self.glance.calls)

    def test_marker_alone(self) -> None:
        self._answer_after(60, error=urllib3_mock.TOO_LATE)
        self._assert_timed_out(self.assertRaises(
            exception.ImageStoreUnavailable, self._list,
            image_base.ImageQuery(statuses=frozenset(), marker='x')))

    def test_list_that_is_in_time(self) -> None:
        self._answer_after(5)
        self.assertEqual(10, len(self._list()))
        self._answer_after(50)
        self.assertEqual(10, len(self._list(list_timeout=1000)))
        self.assertNotIn('list_timeout', self.log.output)

    def test_what_goes_wrong_in_time_is_something_else(self) -> None:
        self._answer_after(1, error=urllib3_mock.TOO_LATE)
        self.assertRaises(
            exception.ImageStoreUnavailable, self._list, num_retries=0)
        self._answer_after(1, status=503)
        self.assertRaises(exception.ImageStoreUnavailable, self._list)
        self.assertNotIn('list_timeout', self.log.output)

    def test_timeout_of_a_request_stays(self) -> None:
        self._list(timeout=7)
        self.assertEqual(
            {7}, {sent.timeout[1] for sent in self.glance.requests})
