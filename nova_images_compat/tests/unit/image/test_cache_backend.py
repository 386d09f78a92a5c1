# SPDX-License-Identifier: Apache-2.0

"""Tests of the servers of ``[cache]``."""

import contextlib
import socket
import time
from typing import Any

import fixtures

from nova_images_compat import exception
from nova_images_compat.image import cache_backend
from nova_images_compat.image import cache_region
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

MEMCACHED, POOL = cache_backend.MEMCACHED

# Seconds. It is the default in [cache], and the tests must not be unlucky.
TIMEOUT = 1.0
LATE = 4.0

# Must print nothing. keystonemiddleware imports oslo.cache itself.
OFF_PROGRAM = '''
import sys
from nova_images_compat.conf import reader
from nova_images_compat import identity
before = set(sys.modules)
from nova_images_compat.image.glance import store
conf = reader.load(['--config-file', {path!r}], environ={{}})
store.GlanceStore(conf)
assert 'cache' not in conf
print(*[name for name in sys.modules.keys() - before
        if name.startswith(('oslo_cache', 'dogpile', 'memcache'))])
'''


class BackendsTest(helpers.TestCase):

    def make(self, **options: Any) -> cache_backend.Backends:
        self.conf = self.configure({'cache': {'enabled': True, **options}})
        return cache_backend.Backends(self.conf, 100)

    def fails(self, **options: Any) -> str:
        return str(self.assertRaises(
            exception.ConfigurationError, self.make, **options))

    def test_servers(self) -> None:
        for name in (MEMCACHED, POOL, cache_backend.REDIS):
            with self.case(name):
                backends = self.make(backend=name)
                self.assertFalse(backends.is_in_process)
                self.assertIs(backends.get(), backends.get())

    def test_invalid_values(self) -> None:
        for options, expected in (
                ({'backend': 'no.such'}, '[cache] backend'),
                ({'memcache_dead_retry': 'x'}, '[cache] memcache_dead_retry'),
                ({'enabled': 'x'}, '[cache] enabled'),
                ({}, 'dogpile.cache.null, which keeps nothing'),
                ({'backend': 'dogpile.cache.dbm'}, 'dbm is not supported'),
                ({'backend': MEMCACHED, 'tls_enabled': True},
                 '[cache] TLS setting'),
                ({'backend': MEMCACHED, 'proxies': 'no.such.Proxy'},
                 "[cache] No module named 'no'")):
            with self.case(options):
                self.assertIn(expected, self.fails(**options))

    def test_missing_client(self) -> None:
        self.useFixture(own_fixtures.Installed({'python-memcached': None}))
        self.assertIn('nova-images-compat[token-cache]',
                      self.fails(backend=POOL))

    def test_values_of_others_stay(self) -> None:
        """keystonemiddleware may use the same options."""
        self.make(backend=cache_backend.REDIS)
        self.assertEqual([], self.conf.cache.backend_argument)
        self.assertEqual(
            10, self.conf.cache.memcache_pool_connection_get_timeout)

    def test_redis_deletes_old_values(self) -> None:
        expiry: list[Any] = []
        self.useFixture(fixtures.MockPatch(
            'redis.client.Pipeline.setex',
            lambda pipe, key, seconds, value: expiry.append(int(seconds))))
        self.make(backend=cache_backend.REDIS).get().set_serialized_multi(
            {'key': b'value'})
        self.assertEqual([100], expiry)

    def test_off(self) -> None:
        path = self.configuration_of(
            '[cache]\nenabled = true\nbackend = oslo_cache.memcache_pool\n'
            '[api]\nauth_strategy = noauth2\n'
            '[glance]\nendpoint_override = http://image.example\n')
        ran = helpers.run_python(
            '-W', 'ignore', '-c', OFF_PROGRAM.format(path=path))
        self.assertEqual(('', '\n'), (ran.stderr, ran.stdout))


class HangingServerTest(helpers.TestCase):
    """A server that accepts connections, and never answers."""

    def test_it_costs_one_timeout(self) -> None:
        for name in (MEMCACHED, POOL, cache_backend.REDIS):
            with self.case(name), contextlib.closing(
                    socket.create_server(('127.0.0.1', 0))) as server:
                address = '127.0.0.1:%d' % server.getsockname()[1]
                region = cache_region.Region(self.configure({'cache': {
                    'enabled': True, 'backend': name,
                    'memcache_servers': address, 'redis_server': address,
                }}), 100)
                begun = time.monotonic()
                region.get(['key'])
                took = time.monotonic() - begun
                self.assertLess(took, LATE)
                self.assertGreater(took, TIMEOUT / 2)
                begun = time.monotonic()
                self.assertEqual(
                    [None] * 100, [region.get(['key']) for _ in range(100)])
                self.assertLess(time.monotonic() - begun, TIMEOUT / 2)
