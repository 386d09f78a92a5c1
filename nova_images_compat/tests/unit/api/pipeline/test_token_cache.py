# SPDX-License-Identifier: Apache-2.0

"""Tests of the tokens in memory, in front of memcached."""

from collections.abc import Callable
from collections.abc import Iterator
from concurrent import futures
import contextlib
import datetime
import json
from typing import Any
import uuid

import fixtures
from keystoneauth1 import fixture as keystone_fixture
from keystonemiddleware import auth_token
from oslo_utils import timeutils
from requests_mock.contrib import fixture as requests_mock_fixture

from nova_images_compat.api.pipeline import keystone
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import token_cache
from nova_images_compat.tests import memcached
from nova_images_compat.tests.unit import helpers

IDENTITY = 'http://identity.example'
SECONDS = 3
CACHED_SECONDS = 100
STRATEGIES = ('None', 'MAC', 'ENCRYPT')


class TokenCacheTest(helpers.FilterTestCase):

    factory = staticmethod(keystone.factory)

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(memcached.FakeMemcached())
        self.clock = self.useFixture(fixtures.MockPatch(
            'oslo_utils.timeutils.now', return_value=timeutils.now())).mock
        self.keystone = self.useFixture(requests_mock_fixture.Fixture())
        self.keystone.get(IDENTITY, json={'versions': {'values': [{
            'id': 'v3.14', 'status': 'stable', 'links': [
                {'rel': 'self', 'href': f'{IDENTITY}/v3/'}]}]}})
        self.keystone.post(
            f'{IDENTITY}/v3/auth/tokens', json=self.token(),
            headers={'X-Subject-Token': 'ours'})
        self.tokens = self.keystone.get(
            f'{IDENTITY}/v3/auth/tokens', json=self.token())

    def pass_by(self, seconds: float) -> None:
        self.clock.return_value += seconds

    def options(
        self, seconds: int | None = SECONDS, **changes: Any,
    ) -> dict[str, dict[str, Any]]:
        """Return options for the servers of the test.

        :param seconds: local_token_cache_time; None: the default
        :param changes: in [keystone_authtoken]
        """
        return {
            'api': {} if seconds is None else {
                'local_token_cache_time': seconds},
            'keystone_authtoken': {
                'auth_type': 'password', 'auth_url': IDENTITY,
                'www_authenticate_uri': IDENTITY, 'username': 'nova',
                'password': 'secret', 'user_domain_id': 'default',
                'memcached_servers': self.memcached.address,
                'token_cache_time': CACHED_SECONDS, **changes}}

    def token(self, seconds: float = 600) -> keystone_fixture.V3Token:
        """Return a token that is valid for some seconds."""
        token = keystone_fixture.V3Token(
            expires=datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(seconds=seconds))
        token.set_project_scope()
        token.add_service('identity').add_standard_endpoints(
            internal=IDENTITY)
        return token

    def stock(self, **changes: Any) -> auth_token.AuthProtocol:
        """Return keystonemiddleware's own filter."""
        return auth_token.AuthProtocol(self.endpoint, {
            paste.CONF_KEY: self.configure(self.options(**changes))})

    def ours(self, **changes: Any) -> paste.WSGIApplication:
        return self.make(self.options(**changes))

    def status(self, application: Any, token: str = 'a-token') -> int:
        return self.send(
            application, headers={'X-Auth-Token': token}).status_int

    def test_entries_are_those_of_keystonemiddleware(self) -> None:
        """Nova and Glance use the same servers."""
        servers = [self.memcached.address]
        if memcached.PROGRAM:
            servers.append(self.useFixture(memcached.Memcached()).address)
        for server in servers:
            for strategy in STRATEGIES:
                options = {
                    'memcached_servers': server,
                    'memcache_security_strategy': strategy,
                    'memcache_secret_key': 'key'}
                stock, ours = self.stock(**options), self.ours(**options)
                for writer, reader in ((stock, ours), (ours, stock)):
                    with self.case(server, strategy, writer):
                        token = uuid.uuid4().hex
                        before = self.tokens.call_count
                        self.assertEqual(
                            [200, 200], [self.status(each, token)
                                         for each in (writer, reader)])
                        self.assertEqual(before + 1, self.tokens.call_count)

    def test_entries_are_the_same_bytes(self) -> None:
        for strategy in ('None', 'MAC'):
            stored = []
            for make in (self.stock, self.ours):
                self.memcached.entries.clear()
                self.status(make(
                    memcache_security_strategy=strategy,
                    memcache_secret_key='key'))
                stored.append({**self.memcached.entries})
            with self.case(strategy):
                self.assertEqual(1, len(stored[0]))
                self.assertEqual(stored[0], stored[1])

    def test_memcached_is_asked_once_in_some_seconds(self) -> None:
        for strategy in STRATEGIES:
            for seconds, asked in ((SECONDS, 1), (0, 4)):
                with self.case(strategy, seconds):
                    self.memcached.entries.clear()
                    self.memcached.asked.clear()
                    application = self.ours(
                        seconds=seconds, memcache_security_strategy=strategy,
                        memcache_secret_key='key')
                    self.assertEqual(
                        [200] * 4, [
                            self.status(application) for _ in range(4)])
                    self.assertEqual(asked, len(self.memcached.asked))

    def test_a_token_that_expires_is_refused(self) -> None:
        self.tokens = self.keystone.get(
            f'{IDENTITY}/v3/auth/tokens', json=self.token(2))
        application = self.ours()
        self.assertEqual(200, self.status(application))
        self.wait_for(lambda: self.status(application) == 401)
        self.assertEqual(1, len(self.memcached.asked))
        self.assertEqual(1, self.tokens.call_count)

    def test_a_revoked_token_is_refused_some_seconds_later(self) -> None:
        application = self.ours()
        self.assertEqual(200, self.status(application))
        self.keystone.get(f'{IDENTITY}/v3/auth/tokens', status_code=404)
        # It expires in memcached.
        self.memcached.entries.clear()
        for passed, status in ((SECONDS - 0.1, 200), (0.1, 401), (0, 401)):
            with self.case(passed, status):
                self.pass_by(passed)
                self.assertEqual(status, self.status(application))

    def test_the_operators_own_cache(self) -> None:
        class Cache(dict[str, Any]):
            def set(self, key: str, value: bytes, **options: Any) -> None:
                self[key] = value

        cache = Cache(one=1)
        application = self.ours(cache='swift.cache')
        for number in range(2):
            with self.case(number):
                answer = self.send(
                    application, headers={'X-Auth-Token': 'a-token'},
                    environ={'swift.cache': cache})
                self.assertEqual(200, answer.status_int)
        self.assertEqual(2, len(cache))
        self.assertEqual(1, self.tokens.call_count)
        self.assertEqual(0, self.memcached.received)

    def test_the_time_by_default(self) -> None:
        application = self.ours(seconds=None)
        for passed, asked in ((0, 1), (2.9, 1), (0.1, 2), (2.9, 2), (0.1, 3)):
            with self.case(passed, asked):
                self.pass_by(passed)
                self.assertEqual(200, self.status(application))
                self.assertEqual(asked, len(self.memcached.asked))

    def test_not_longer_than_in_memcached(self) -> None:
        for cached, kept in ((2, 2), (5, 3), (0, 3), (-1, 0)):
            with self.case(cached, kept):
                self.memcached.asked.clear()
                application = self.ours(token_cache_time=cached)
                self.status(application)
                if kept:
                    self.pass_by(kept - 0.1)
                    self.status(application)
                    self.assertEqual(1, len(self.memcached.asked))
                    self.pass_by(0.1)
                self.status(application)
                self.assertEqual(2, len(self.memcached.asked))

    def test_the_time_begins_before_memcached_is_asked(self) -> None:
        self.status(self.stock())
        application = self.ours()
        with self.held() as run:
            run(self.status, application)
            self.pass_by(2)
        for passed, asked in ((0.9, 2), (0.1, 3)):
            with self.case(passed, asked):
                self.pass_by(passed)
                self.status(application)
                self.assertEqual(asked, len(self.memcached.asked))

    def test_others_do_not_wait_while_memcached_is_asked(self) -> None:
        application = self.ours()
        self.status(application, 'known')
        with self.held() as run:
            run(self.status, application, 'unknown')
            self.assertEqual(200, self.status(application, 'known'))

    def test_invalid_tokens_are_not_remembered(self) -> None:
        application = self.ours()
        valid = self.tokens
        for status in (404, 200):
            with self.case(status):
                self.keystone.get(
                    f'{IDENTITY}/v3/auth/tokens', status_code=status,
                    json=self.token())
                self.assertEqual(
                    401 if status == 404 else 200, self.status(application))
        self.assertEqual(0, valid.call_count)

    def test_the_oldest_go_first(self) -> None:
        application = self.ours()
        tokens = [str(number) for number in range(token_cache.MAX_TOKENS + 2)]
        for token in tokens:
            self.status(application, token)
        before = len(self.memcached.asked)
        for token in reversed(tokens):
            self.status(application, token)
        self.assertEqual(before + 2, len(self.memcached.asked))

    def test_requests_do_not_change_what_is_kept(self) -> None:
        application = self.ours()
        seen = []
        for number in range(3):
            with self.case(number):
                self.assertEqual(200, self.status(application))
                environ = self.endpoint.environ
                seen.append(json.dumps([
                    environ['keystone.token_info'],
                    environ['HTTP_X_SERVICE_CATALOG']]))
        self.assertEqual(1, len(set(seen)))

    def test_threads(self) -> None:
        application = self.ours()
        tokens = [str(number) for number in range(50)] * 4

        def use(token: str) -> int:
            self.pass_by(0.01)
            return self.status(application, token)

        with futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual({200}, set(pool.map(use, tokens)))

    def test_two_applications_share_nothing(self) -> None:
        for application in (self.ours(), self.ours()):
            self.status(application)
        self.assertEqual(2, len(self.memcached.asked))

    @contextlib.contextmanager
    def held(self) -> Iterator[Callable[..., None]]:
        """Hold memcached's answers; yields a function that calls another one
        in a thread, and returns when memcached has been asked.
        """
        with futures.ThreadPoolExecutor() as pool:
            self.memcached.answers.clear()
            results = []

            def run(function: Callable[..., Any], *arguments: Any) -> None:
                before = self.memcached.received
                results.append(pool.submit(function, *arguments))
                self.wait_for(lambda: self.memcached.received > before)

            try:
                yield run
            finally:
                self.memcached.answers.set()
        for result in results:
            result.result()
