# SPDX-License-Identifier: Apache-2.0

"""Requests that are answered from the cache of ``[api] image_cache_time``."""

from concurrent import futures
import logging
from typing import Any

import fixtures as third_party_fixtures
import webob

from nova_images_compat.api import app
from nova_images_compat.api import plugin
from nova_images_compat import exception
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import glance_case
from nova_images_compat.tests.functional import test_cost

CLIENTS = 8

# Function calls of a request that the cache answers, with noauth2.
COSTS = {'/{id}': 255, '/detail?limit=100': 1711}


class CacheTestCase(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())

    def cached(
        self, seconds: float = 600, **cache: Any,
    ) -> fixtures.Service:
        """Make a service with a cache, which has asked for the schema."""
        service = self.serve({
            'api': {'image_cache_time': seconds},
            'cache': cache or fake_memcached.OPTIONS})
        return self.warm(service)


class CacheTest(CacheTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.add(name='old', key='old')
        self.path = f'/v2.1/images/{self.image_id}'

    def key(self, service: fixtures.Service, **kwargs: Any) -> Any:
        """Return the metadata item "key"."""
        answer = service.request(f'{self.path}/metadata', **kwargs)
        return answer.json['metadata'].get('key')

    def listed_key(self, service: fixtures.Service) -> Any:
        """Return the same of the only image of a list."""
        [image] = service.request('/v2.1/images/detail').json['images']
        return image['metadata'].get('key')

    def test_polled_requests(self) -> None:
        service = self.cached()
        for path in (self.path, '/v2.1/images/detail',
                     '/v2.1/images?limit=1', '/v2.1/images?name=x'):
            with self.case(path):
                self.memcached.values.clear()
                self.glance.requests.clear()
                first = service.request(path)
                self.assertEqual(200, first.status_int)
                self.assertEqual([first.body] * 5, [
                    service.request(path).body for _ in range(5)])
                self.assertEqual(['GET'], self.glance.calls)

    def test_reads_of_one_image_share_an_answer(self) -> None:
        service = self.cached()
        for path in ('', '/metadata', '/metadata/key'):
            with self.case(path):
                answer = service.request(self.path + path)
                self.assertEqual(200, answer.status_int)
        self.assertEqual(['GET'], self.glance.calls)

    def test_writes_are_seen_on_every_host(self) -> None:
        hosts = [self.cached(), self.cached()]
        for number, (path, method, body, expected) in enumerate((
                ('/metadata/key', 'PUT', {'meta': {'key': 'a'}}, 'a'),
                ('/metadata', 'POST', {'metadata': {'key': 'b'}}, 'b'),
                ('/metadata', 'PUT', {'metadata': {'key': 'c'}}, 'c'),
                ('/metadata/key', 'DELETE', None, None))):
            with self.case(method, path):
                for host in hosts:
                    self.key(host)
                    self.listed_key(host)
                hosts[number % 2].request(
                    self.path + path, method, json=body)
                self.assertEqual(
                    [expected] * 4, [*map(self.key, hosts),
                                     *map(self.listed_key, hosts)])
        hosts[0].request(self.path, 'DELETE')
        self.assertEqual(404, hosts[1].request(self.path).status_int)
        self.assertEqual(
            [], hosts[1].request('/v2.1/images').json['images'])

    def test_other_callers_have_their_own_answers(self) -> None:
        service = self.cached()
        self.assertEqual(200, service.request(self.path).status_int)
        for user, status in (
                ('other', 404), ('admin', 200), ('reader', 200)):
            with self.case(user):
                self.glance.requests.clear()
                self.assertEqual(
                    status, service.request(self.path, user=user).status_int)
                self.assertEqual(['GET'], self.glance.calls)

    def test_policy_counts_for_kept_answers(self) -> None:
        """It is this service's own, and not kept."""
        self.key(self.cached())
        service = self.make_service(
            {'api': {'image_store': 'glance', 'image_cache_time': 600},
             'cache': fake_memcached.OPTIONS,
             'glance': {'endpoint_override': fake_glance.ROOT}},
            policy={'os_compute_api:image-metadata:index': '!'})
        self.assertEqual(403, service.request(
            f'{self.path}/metadata').status_int)

    def test_clients_at_the_same_time(self) -> None:
        service = self.cached()
        self.glance.delay = 0.5
        with futures.ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(
                lambda number: service.request(self.path).status_int,
                range(CLIENTS)))
        self.assertEqual([200] * CLIENTS, answers)
        self.assertEqual(['GET'], self.glance.calls)

    def test_cache_that_fails(self) -> None:
        service = self.cached()
        self.memcached.error = OSError('refused')
        for number in range(5):
            with self.case(number):
                self.assertEqual(200, service.request(self.path).status_int)
        answer = service.request(
            f'{self.path}/metadata/key', 'PUT', json={'meta': {'key': 'a'}})
        self.assertEqual(200, answer.status_int)
        self.assertEqual('a', self.key(service))

    def test_cache_of_nova_alone_turns_nothing_on(self) -> None:
        service = self.cached(0)
        for number in range(2):
            with self.case(number):
                self.glance.requests.clear()
                service.request(self.path)
                self.assertEqual(['GET'], self.glance.calls)
        self.assertEqual([], self.memcached.calls)


class CostTest(CacheTestCase):

    def test_function_calls(self) -> None:
        ids = [self.glance.add(name=f'image-{number}', **test_cost.PROPERTIES)
               for number in range(test_cost.IMAGES)]
        service = self.serve({
            'api': {'image_cache_time': 600, 'response_validation': 'ignore'},
            'cache': fake_memcached.OPTIONS})
        logging.disable(logging.INFO)
        self.addCleanup(logging.disable, logging.NOTSET)
        for path, recorded in COSTS.items():
            with self.case(path):
                url = f'/v2.1/images{path.format(id=ids[0])}'
                measured = []
                for _ in range(test_cost.ROUNDS):
                    self.glance.requests.clear()
                    with test_cost.counted() as calls:
                        service.request(url)
                    measured.append(calls.number)
                self.assertEqual([], self.glance.requests)
                self.assertLessEqual(
                    min(measured), recorded * test_cost.TOLERANCE)


class ConfigurationTest(base.TestCase):

    def configured(self, backend: str) -> fixtures.Configuration:
        return self.useFixture(fixtures.Configuration({
            'api': {'image_store': 'glance', 'image_cache_time': 5},
            'glance': {'endpoint_override': fake_glance.ROOT},
            'cache': {'enabled': True, 'backend': backend}}))

    def test_invalid_backend(self) -> None:
        for backend in ('no.such.backend', 'dogpile.cache.dbm'):
            with self.case(backend):
                error = self.assertRaises(
                    exception.ConfigurationError, app.load,
                    self.configured(backend).conf)
                self.assertIn('[cache] backend', str(error))

    def test_it_is_contained_in_nova_api(self) -> None:
        log = self.useFixture(third_party_fixtures.FakeLogger(
            'nova_images_compat', level=logging.CRITICAL))
        application = plugin.filter_factory(
            {}, config_file=self.configured('dogpile.cache.dbm').path)(
                webob.Response('from Nova', status=418))
        for path, status in (('/images', 503), ('/servers', 418)):
            with self.case(path):
                answer = webob.Request.blank(path).get_response(application)
                self.assertEqual(status, answer.status_int)
        self.assertIn('[cache] backend', log.output)
