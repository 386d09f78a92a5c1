# SPDX-License-Identifier: Apache-2.0

"""The deviations D7 to D12 and D16 from Nova, as clients see them."""

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
from typing import Any

import webob

from nova_images_compat.tests import fake_glance
from nova_images_compat.tests.functional import glance_case
from nova_images_compat.tests import urllib3_mock

LOST = (urllib3_mock.CUT, urllib3_mock.TOO_LATE, urllib3_mock.CUT_BODY)
WRITES_OF_METADATA = ('create', 'update', 'update_all', 'delete_item')

HTML = glance_case.HTML
Failure = fake_glance.Failure


class Deviations(glance_case.TestCase):
    """Requests of a client whose calls to the Image service fail."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.warm(self.serve())
        self.image_id = self.glance.add(key='value', other='1')
        self.path = f'/v2.1/images/{self.image_id}'
        self.requests = {
            'index': ('/v2.1/images', 'GET', None),
            'detail': ('/v2.1/images/detail', 'GET', None),
            'show': (self.path, 'GET', None),
            'metadata': (f'{self.path}/metadata', 'GET', None),
            'item': (f'{self.path}/metadata/key', 'GET', None),
            'create': (f'{self.path}/metadata', 'POST',
                       {'metadata': {'key': 'new'}}),
            'update': (f'{self.path}/metadata/key', 'PUT',
                       {'meta': {'key': 'new'}}),
            'update_all': (f'{self.path}/metadata', 'PUT',
                           {'metadata': {'key': 'new'}}),
            'delete_item': (f'{self.path}/metadata/key', 'DELETE', None),
            'delete': (self.path, 'DELETE', None),
        }

    def _send(self, name: str) -> webob.Response:
        path, method, body = self.requests[name]
        return self.service.request(path, method, json=body)

    def _each_first_call(
        self, failure: Callable[[], Failure],
        check: Callable[[webob.Response], Any],
    ) -> None:
        """Let the first call of each operation fail."""
        self._each_call([(name, failure()) for name in self.requests], check)

    def _each(
        self, failure: Callable[[], Failure],
        check: Callable[[webob.Response], Any],
    ) -> None:
        """Let the first call of each operation fail, then the second call of
        each write.
        """
        self._each_first_call(failure, check)
        self._each_call(
            [(name, dataclasses.replace(failure(), method='PATCH'))
             for name in WRITES_OF_METADATA], check)

    def _each_call(
        self, failures: Iterable[tuple[str, Failure]],
        check: Callable[[webob.Response], Any],
    ) -> None:
        """Send requests whose calls fail, and fail if one of them writes.

        :param failures: each with the name of its request
        :param check: called with each response
        """
        for name, failure in failures:
            with self.case(name, failure):
                self.glance.failures = [failure]
                check(self._send(name))
        self.assertEqual({'key': 'value', 'other': '1'},
                         self.glance.metadata(self.image_id))

    def _assert_unavailable(
        self, response: webob.Response, seconds: str = '10',
    ) -> None:
        self.assert_fault(response, 503, 'serviceUnavailable')
        self.assertEqual(seconds, response.headers['Retry-After'])

    def test_d7_no_answer(self) -> None:
        for error in LOST:
            self._each_first_call(
                lambda: Failure(error=error), self._assert_unavailable)
        self._each(lambda: Failure(error=urllib3_mock.CONNECTED_TOO_LATE),
                   self._assert_unavailable)

    def test_d7_lost_response_to_a_write(self) -> None:
        for error in LOST:
            for name in WRITES_OF_METADATA:
                for is_done in (False, True):
                    with self.case(error, name, is_done):
                        self._lose_response(name, error, is_done)

    def _lose_response(
        self, name: str, error: Exception, is_done: bool,
    ) -> None:
        """Fail unless a write succeeds although its response is lost.

        :param is_done: whether the Image service carries the write out
        """
        self.glance.images[self.image_id].update(
            {'key': 'value', 'other': '1'})
        self.glance.failures = [
            Failure(method='PATCH', error=error, is_done=is_done)]
        response = self._send(name)
        self.assertLess(response.status_int, 300, response.text)
        left = {'other': '1'} if name != 'update_all' else {}
        if name != 'delete_item':
            left['key'] = 'new'
        self.assertEqual(left, self.glance.metadata(self.image_id))

    def test_d7_all_responses_to_a_write_are_lost(self) -> None:
        self.glance.failures = [
            Failure(method='PATCH', error=urllib3_mock.TOO_LATE)
            for _ in range(50)]
        response = self._send('create')
        self.assertIn(response.status_int, (409, 503))
        self.assertLess(len(self.glance.calls), 20)

    def test_d7_not_available(self) -> None:
        self._each(lambda: Failure(503, HTML), self._assert_unavailable)
        self._each(
            lambda: Failure(503, HTML, {'Retry-After': '77'}),
            lambda response: self._assert_unavailable(response, '77'))

    def test_d7_errors_and_invalid_responses(self) -> None:
        for status, body in (
                (500, HTML), (502, HTML), (504, HTML), (302, b''),
                (200, HTML), (200, b'{"id": '), (200, b'[]'),
                (200, b'{"images": 1}'), (200, b'{"images": [1]}'),
                (200, b'\xff\xfe')):
            self._each(
                lambda: Failure(status, body, {
                    'Location': 'http://elsewhere.example/'}),
                self._assert_bad_gateway if status != 200
                else self._assert_bad_gateway_or_deleted)

    def _assert_bad_gateway(self, response: webob.Response) -> None:
        self.assert_fault(response, 502, 'computeFault')
        self.assertNotIn('Retry-After', response.headers)
        self.assertNotIn('html', response.text)

    def _assert_bad_gateway_or_deleted(self, response: webob.Response) -> None:
        if response.status_int != 204:
            self._assert_bad_gateway(response)

    def test_d8_image_in_use(self) -> None:
        self.glance.failures = [Failure(409, HTML)]
        self.assert_fault(self._send('delete'), 409, 'conflictingRequest')

    def test_d9_quota_of_the_image_service(self) -> None:
        for name in ('create', 'update', 'update_all'):
            with self.case(name):
                self.glance.failures = [Failure(413, HTML, method='PATCH')]
                self.assert_fault(
                    self._send(name), 403, 'forbidden',
                    'Image metadata limit exceeded')

    def test_d10_token_expires(self) -> None:
        self._each(
            lambda: Failure(401, HTML),
            lambda response: self.assert_fault(
                response, 401, 'unauthorized'))

    def test_d11_concurrent_change(self) -> None:
        def change() -> None:
            self.glance.images[self.image_id]['theirs'] = 'too'

        for name, left in (
                ('create', {'key': 'new', 'other': '1', 'theirs': 'too'}),
                ('update_all', {'key': 'new', 'theirs': 'too'}),
                ('delete_item', {'theirs': 'too'})):
            with self.case(name, left):
                self.glance.failures = [Failure(method='PATCH', before=change)]
                self.assertLess(self._send(name).status_int, 300)
                self.assertEqual(left, self.glance.metadata(self.image_id))
                del self.glance.images[self.image_id]['theirs']

    def test_d11_key_is_removed_concurrently(self) -> None:
        def remove() -> None:
            del self.glance.images[self.image_id]['key']

        self.glance.failures = [Failure(method='PATCH', before=remove)]
        self.assertEqual(200, self._send('update_all').status_int)
        self.assertEqual(
            {'key': 'new'}, self.glance.metadata(self.image_id))
        self.glance.failures = [Failure(method='PATCH', before=remove)]
        self.assert_fault(self._send('delete_item'), 404, 'itemNotFound')

    def test_d11_retries_end(self) -> None:
        self.glance.failures = [
            Failure(409, HTML, method='PATCH') for _ in range(100)]
        self.assert_fault(
            self._send('create'), 409, 'conflictingRequest')
        self.assertLess(len(self.glance.calls), 30)

    def test_d12_marker(self) -> None:
        for marker in ('zzz', '00000000-0000-0000-0000-000000000000', 'a%26b'):
            with self.case(marker):
                response = self.service.request(
                    f'/v2.1/images/detail?limit=2&marker={marker}')
                self.assert_fault(response, 400, 'badRequest')
                self.assertRegex(response.text, r'\bmarker\b')
                self.assertNotIn('&quot;', response.text)

    def test_d12_changes_since(self) -> None:
        response = self.service.request('/v2.1/images?changes-since=monday')
        self.assert_fault(response, 400, 'badRequest')
        self.assertIn('changes-since', response.text)
        self.assertEqual([], self.glance.calls)

    def test_d16_imported_image(self) -> None:
        self.glance.images[self.image_id]['os_glance_failed_import'] = ''
        self.assertEqual(200, self._send('update_all').status_int)
        self.assertEqual(
            {'key': 'new', 'os_glance_failed_import': ''},
            self.glance.metadata(self.image_id))
        self.glance.requests.clear()
        path = f'{self.path}/metadata'
        response = self.service.request(
            path, 'POST', json={'metadata': {
                'os_glance_failed_import': '', 'key': 'newer'}})
        self.assertEqual(200, response.status_int, response.text)
        response = self.service.request(
            path, 'POST', json={'metadata': {
                'os_glance_failed_import': 'mine'}})
        self.assert_fault(response, 403, 'forbidden')

    def test_rejected_metadata(self) -> None:
        self.glance.failures = [Failure(400, HTML, method='PATCH')]
        response = self._send('create')
        self.assert_fault(response, 400, 'badRequest')
        self.assertIn('Property "key" is <no> good',
                      response.json['badRequest']['message'])

    def test_it_recovers(self) -> None:
        for failure in (Failure(503), Failure(500),
                        Failure(error=urllib3_mock.CUT)):
            with self.case(failure):
                self.glance.failures = [failure]
                self.assertGreaterEqual(self._send('show').status_int, 502)
                self.assertEqual(200, self._send('show').status_int)
