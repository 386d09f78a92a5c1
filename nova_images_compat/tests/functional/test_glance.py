# SPDX-License-Identifier: Apache-2.0

"""The whole pipeline in front of an Image service."""

from collections.abc import Callable
from collections.abc import Mapping
from concurrent import futures
import threading
from typing import Any

import fixtures as third_party_fixtures
import requests
import webob

from nova_images_compat.image.glance import store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

OTHER_ROOT = 'http://image2.example'
GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'
HTML = fake_glance.HTTPError(400, 'Property "key" is <no> good').body
LOST = (
    requests.ConnectionError('cut'), requests.ReadTimeout('late'),
    requests.exceptions.ChunkedEncodingError('cut'))
WRITES_OF_METADATA = ('create', 'update', 'update_all', 'delete_item')
THREADS = 4
WRITES = 8

Failure = fake_glance.Failure


class _TestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        # Nobody waits for an answer that was lost.
        self.useFixture(third_party_fixtures.MockPatchObject(
            store, 'WRITE_DELAYS', (0,) * len(store.WRITE_DELAYS)))

    def serve(
        self, options: base.Options | None = None, **glance: Any,
    ) -> fixtures.Service:
        """Make a service whose images live in the Image service.

        :param glance: options of ``[glance]``
        """
        options = {**(options or {})}
        return self.make_service({
            **options,
            'api': {'image_store': 'glance', **options.get('api', {})},
            'glance': {'endpoint_override': fake_glance.ROOT,
                       'num_retries': 0, **glance}})

    def warm(self, service: fixtures.Service) -> fixtures.Service:
        """Let the service fetch the schema, and forget all requests."""
        service.request('/v2.1/images')
        self.glance.requests.clear()
        self.glance.schemas.clear()
        return service


class Calls(_TestCase):
    """How often the Image service is asked."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.warm(self.serve())
        self.image_id = self.glance.add(key='value')
        self.path = f'/v2.1/images/{self.image_id}'

    def _calls_of(self, path: str, *args: Any, **kwargs: Any) -> list[str]:
        self.glance.requests.clear()
        response = self.service.request(path, *args, **kwargs)
        self.assertLess(response.status_int, 300, response.text)
        self.assertEqual([], self.glance.schemas)
        return self.glance.calls

    def test_reads(self) -> None:
        for path in (
                self.path, f'{self.path}/metadata',
                f'{self.path}/metadata/key', '/v2.1/images',
                '/v2.1/images/detail', '/v2.1/images?limit=1',
                '/v2.1/images/detail?limit=1&name=a%3Ab',
                f'/v2.1/images?marker={self.image_id}'):
            with self.case(path):
                self.assertEqual(['GET'], self._calls_of(path), path)

    def test_deletion(self) -> None:
        self.assertEqual(['DELETE'], self._calls_of(self.path, 'DELETE'))

    def test_metadata_writes(self) -> None:
        path = f'{self.path}/metadata'
        for call in (
                (path, 'POST', {'metadata': {'a': '1', 'b': '2'}}),
                (path, 'PUT', {'metadata': {'a': '2', 'c': '2'}}),
                (f'{path}/c', 'PUT', {'meta': {'c': '3'}}),
                (f'{path}/c', 'DELETE', None)):
            with self.case(call):
                self.assertEqual(
                    ['GET', 'PATCH'],
                    self._calls_of(call[0], call[1], json=call[2]), call)
        self.assertEqual({'a': '2'}, self.glance.metadata(self.image_id))

    def test_whole_list(self) -> None:
        for _ in range(2499):
            self.glance.add()
        calls = self._calls_of('/v2.1/images')
        self.assertEqual(['GET'] * 3, calls)
        found = self.service.request('/v2.1/images').json['images']
        self.assertEqual(
            list(self.glance.images)[::-1], [image['id'] for image in found])

    def test_list_that_ends_with_a_full_page(self) -> None:
        for _ in range(999):
            self.glance.add()
        self.assertLessEqual(len(self._calls_of('/v2.1/images')), 2)

    def test_schema_is_read_once(self) -> None:
        service = self.serve()
        for _ in range(3):
            service.request(self.path)
            service.request('/v2.1/images')
        self.assertEqual(1, len(self.glance.schemas))

    def test_nothing_is_asked_for_nobody(self) -> None:
        self.service.request(self.path, user=None)
        self.service.request(self.path, user='bad')
        self.service.request('/v2.1/images?limit=-1')
        self.service.request('/v2.1/images?status=NONE')
        self.service.request('/v2.1/images/no-image')
        self.assertEqual([], self.glance.calls)


class WhoAsks(_TestCase):

    def test_the_caller_with_the_ids_of_the_request(self) -> None:
        service = self.serve()
        response = service.request(
            '/v2.1/images', headers={'X-OpenStack-Request-ID': GLOBAL_ID})
        self.assertEqual(200, response.status_int)
        for sent in (*self.glance.requests, *self.glance.schemas):
            with self.case(sent):
                self.assertEqual(
                    (fixtures.TOKENS['member'], GLOBAL_ID),
                    (sent.headers['X-Auth-Token'],
                     sent.headers['X-OpenStack-Request-ID']))
                self.assertNotIn('X-Service-Token', sent.headers)

    def test_without_a_global_id_it_is_our_own(self) -> None:
        response = self.serve().request('/v2.1/images')
        self.assertEqual(
            response.headers['X-OpenStack-Request-ID'],
            self.glance.requests[0].headers['X-OpenStack-Request-ID'])

    def test_a_global_id_that_is_none_is_not_sent_on(self) -> None:
        service = self.serve()
        response = service.request(
            '/v2.1/images', headers={'X-OpenStack-Request-ID': 'req-<evil>'})
        self.assertEqual(
            response.headers['X-OpenStack-Request-ID'],
            self.glance.requests[0].headers['X-OpenStack-Request-ID'])


class Links(_TestCase):

    def _alternate(self, prefix: str | None, **glance: Any) -> str:
        image_id = self.glance.add()
        options = {'glance_link_prefix': prefix} if prefix else {}
        service = self.serve({'api': options}, **glance)
        image = service.request(f'/v2.1/images/{image_id}').json['image']
        (link,) = (each['href'] for each in image['links']
                   if each['rel'] == 'alternate')
        return link.removesuffix(f'/images/{image_id}')

    def test_prefix(self) -> None:
        self.assertEqual(
            'https://public.example/image',
            self._alternate('https://public.example/image/'))

    def test_endpoint_without_its_version(self) -> None:
        self.assertEqual(
            'http://image.example/image',
            self._alternate(
                None, endpoint_override='http://image.example/image/v2/'))


class Deviations(_TestCase):
    """D7 to D12, and D16, as the client sees them."""

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
        """Let each operation meet a failure in its first call."""
        for name in self.requests:
            with self.case(name):
                self.glance.failures = [failure()]
                check(self._send(name))
        self.assertEqual({'key': 'value', 'other': '1'},
                         self.glance.metadata(self.image_id))

    def _each(
        self, failure: Callable[[], Failure],
        check: Callable[[webob.Response], Any],
    ) -> None:
        """Let each operation meet a failure, each write also in its
        second call.
        """
        self._each_first_call(failure, check)
        for name in WRITES_OF_METADATA:
            with self.case(name, 'PATCH'):
                self.glance.failures = [failure()]
                self.glance.failures[0].method = 'PATCH'
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
        self._each(lambda: Failure(error=requests.ConnectTimeout('late')),
                   self._assert_unavailable)

    def test_d7_answer_to_a_write_that_is_lost(self) -> None:
        for error in LOST:
            for name in WRITES_OF_METADATA:
                for is_done in (False, True):
                    with self.case(is_done):
                        self.glance.images[self.image_id].update(
                            {'key': 'value', 'other': '1'})
                        self.glance.failures = [Failure(
                            method='PATCH', error=error, is_done=is_done)]
                        response = self._send(name)
                        self.assertLess(response.status_int, 300, response.text)
                        left = {'other': '1'} if name != 'update_all' else {}
                        if name != 'delete_item':
                            left['key'] = 'new'
                        self.assertEqual(
                            left, self.glance.metadata(self.image_id))

    def test_d7_answers_to_a_write_that_are_all_lost(self) -> None:
        self.glance.failures = [
            Failure(method='PATCH', error=requests.ReadTimeout('late'))
            for _ in range(50)]
        response = self._send('create')
        self.assertIn(response.status_int, (409, 503))
        self.assertLess(len(self.glance.calls), 20)

    def test_d7_not_available(self) -> None:
        self._each(lambda: Failure(503, HTML), self._assert_unavailable)
        self._each(
            lambda: Failure(503, HTML, {'Retry-After': '77'}),
            lambda response: self._assert_unavailable(response, '77'))

    def test_d7_errors_and_nonsense(self) -> None:
        for status, body in (
                (500, HTML), (502, HTML), (504, HTML), (302, b''),
                (200, HTML), (200, b'{"id": '), (200, b'[]'),
                (200, b'{"images": 1}'), (200, b'{"images": [1]}'),
                (200, b'\xff\xfe')):
            self._each(
                lambda: Failure(status, body, {
                    'Location': 'http://elsewhere.example/'}),
                self._assert_nonsense if status != 200
                else self._assert_nonsense_or_deleted)

    def _assert_nonsense(self, response: webob.Response) -> None:
        self.assert_fault(response, 502, 'computeFault')
        self.assertNotIn('Retry-After', response.headers)
        self.assertNotIn('html', response.text)

    def _assert_nonsense_or_deleted(self, response: webob.Response) -> None:
        if response.status_int != 204:
            self._assert_nonsense(response)

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

    def test_d11_change_beside_ours(self) -> None:
        def beside() -> None:
            self.glance.images[self.image_id]['theirs'] = 'too'

        for name, left in (
                ('create', {'key': 'new', 'other': '1', 'theirs': 'too'}),
                ('update_all', {'key': 'new', 'theirs': 'too'}),
                ('delete_item', {'theirs': 'too'})):
            with self.case(name, left):
                self.glance.failures = [Failure(method='PATCH', before=beside)]
                self.assertLess(self._send(name).status_int, 300)
                self.assertEqual(left, self.glance.metadata(self.image_id))
                del self.glance.images[self.image_id]['theirs']

    def test_d11_key_vanishes_beside_us(self) -> None:
        def vanish() -> None:
            del self.glance.images[self.image_id]['key']

        self.glance.failures = [Failure(method='PATCH', before=vanish)]
        self.assertEqual(200, self._send('update_all').status_int)
        self.assertEqual(
            {'key': 'new'}, self.glance.metadata(self.image_id))
        self.glance.failures = [Failure(method='PATCH', before=vanish)]
        self.assert_fault(self._send('delete_item'), 404, 'itemNotFound')

    def test_d11_conflicts_end(self) -> None:
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

    def test_d16_image_that_was_imported(self) -> None:
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

    def test_refused_metadata(self) -> None:
        self.glance.failures = [Failure(400, HTML, method='PATCH')]
        response = self._send('create')
        self.assert_fault(response, 400, 'badRequest')
        self.assertIn('Property "key" is <no> good',
                      response.json['badRequest']['message'])

    def test_it_recovers(self) -> None:
        for failure in (Failure(503), Failure(500),
                        Failure(error=requests.ConnectionError('refused'))):
            with self.case(failure):
                self.glance.failures = [failure]
                self.assertGreaterEqual(self._send('show').status_int, 502)
                self.assertEqual(200, self._send('show').status_int)


class SeveralServers(_TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.add()
        self.service = self.warm(self.serve(
            api_servers=f'{fake_glance.ROOT},{OTHER_ROOT}', num_retries=1))

    def _show(self) -> webob.Response:
        return self.service.request(f'/v2.1/images/{self.image_id}')

    def test_the_other_is_asked(self) -> None:
        for failure in (Failure(503, HTML, method='GET'),
                        Failure(error=requests.ConnectionError('refused'),
                                method='GET')):
            with self.case(failure):
                self.glance.requests.clear()
                self.glance.failures = [failure]
                self.assertEqual(200, self._show().status_int)
                self.assertEqual(
                    2, len({sent.hostname for sent in self.glance.requests}))

    def test_none_answers(self) -> None:
        self.glance.failures = [Failure(503, HTML), Failure(503, HTML)]
        self.assert_fault(self._show(), 503, 'serviceUnavailable')


class Writers(_TestCase):
    """Two applications that share the directory of the locks."""

    def setUp(self) -> None:
        super().setUp()
        self.state = self.useFixture(third_party_fixtures.TempDir()).path
        self.image_id = self.glance.add(first='old')
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def _serve(self, lock_timeout: int = 30) -> fixtures.Service:
        return self.warm(self.serve({
            'DEFAULT': {'state_path': self.state},
            'quota': {'metadata_items': -1},
            'coordination': {'lock_timeout': lock_timeout}}))

    def _write(
        self, service: fixtures.Service, items: Mapping[str, str],
    ) -> webob.Response:
        return service.request(self.path, 'POST', json={'metadata': items})

    def test_one_follows_the_other(self) -> None:
        services = [self._serve(), self._serve()]
        start = threading.Barrier(THREADS)
        self.glance.delay = 0.001

        def run(thread: int) -> list[int]:
            start.wait()
            return [self._write(
                services[thread % 2], {f'{thread}.{number}': ''}).status_int
                for number in range(WRITES)]

        with futures.ThreadPoolExecutor(THREADS) as pool:
            statuses = list(pool.map(run, range(THREADS)))
        self.assertEqual([[200] * WRITES] * THREADS, statuses)
        # Nobody reads between another's read and write.
        self.assertEqual(
            ['GET', 'PATCH'] * (THREADS * WRITES), self.glance.calls)
        self.assertEqual(
            {'first', *(f'{thread}.{number}' for thread in range(THREADS)
                        for number in range(WRITES))},
            set(self.glance.metadata(self.image_id)))

    def test_who_does_not_get_the_lock_writes_nothing(self) -> None:
        patient, hasty = self._serve(), self._serve(lock_timeout=0)
        answers = []

        def meanwhile() -> None:
            with futures.ThreadPoolExecutor(1) as pool:
                answers.append(pool.submit(
                    self._write, hasty, {'hasty': ''}).result())

        self.glance.failures = [Failure(method='GET', before=meanwhile)]
        self.assertEqual(
            200, self._write(patient, {'patient': ''}).status_int)
        self.assert_fault(answers[0], 503, 'serviceUnavailable')
        self.assertEqual('10', answers[0].headers['Retry-After'])
        self.assertEqual(['GET', 'PATCH'], self.glance.calls)
        self.assertEqual(200, self._write(hasty, {'hasty': ''}).status_int)
