# SPDX-License-Identifier: Apache-2.0

"""Tests of the health check."""

from collections.abc import Callable
from concurrent import futures
import os
import threading
from typing import Any

import fixtures
from oslo_config import cfg

from nova_images_compat.api.pipeline import healthcheck
from nova_images_compat import exception
from nova_images_compat.image import loader
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image.glance import glance_case

STORE = 'nova_images_compat_store'
PROBES = 8


class HealthcheckTest(helpers.FilterTestCase):

    factory = staticmethod(healthcheck.factory)

    def test_healthy(self) -> None:
        answer = self.send(self.make(), path='/healthcheck')
        self.assertEqual(200, answer.status_int)
        self.assertEqual([], self.endpoint.seen)

    def test_unhealthy_while_the_file_is_there(self) -> None:
        path = self.write('maintenance', '')
        application = self.make({'healthcheck': {
            'backends': 'disable_by_file', 'disable_by_file_path': path}})
        self.assertEqual(
            503, self.send(application, path='/healthcheck').status_int)
        os.unlink(path)
        self.assertEqual(
            200, self.send(application, path='/healthcheck').status_int)

    def test_every_other_path_is_the_applications(self) -> None:
        application = self.make()
        for path in ('/', '/healthcheck/', '/v2.1/healthcheck',
                     '/healthchecks', '/%FF'):
            with self.case(path):
                answer = self.send(application, path=path)
                self.assertEqual('reached', answer.text)

    def test_who_may_ask(self) -> None:
        application = self.make({'healthcheck': {
            'allowed_source_ranges': '192.0.2.0/24,2001:db8::/32'}})
        for address, text in (
                ('192.0.2.7', ''), ('2001:db8::7', ''),
                ('198.51.100.7', 'reached'), ('2001:db9::7', 'reached'),
                ('', 'reached'), (None, 'reached'),
                ('192.0.2.7, 192.0.2.8', 'reached'),
                ('"[2001:db8::7]:4711"', 'reached')):
            with self.case(address):
                answer = self.send(
                    application, path='/healthcheck',
                    environ={'REMOTE_ADDR': address} if (
                        address is not None) else {})
                self.assertEqual((200, text), (answer.status_int, answer.text))

    def test_address_does_not_matter_otherwise(self) -> None:
        answer = self.send(
            self.make(), path='/healthcheck',
            environ={'REMOTE_ADDR': 'unknown'})
        self.assertEqual((200, ''), (answer.status_int, answer.text))

    def test_requests_by_way_of_a_proxy(self) -> None:
        application = self.make({'healthcheck': {
            'ignore_proxied_requests': True}})
        for headers, text in (
                ({}, ''), ({'X-Forwarded-For': '192.0.2.7'}, 'reached')):
            with self.case(text):
                self.assertEqual(text, self.send(
                    application, path='/healthcheck', headers=headers).text)

    def test_what_it_cannot_start_with(self) -> None:
        for options, told in (
                ({'backends': f'{STORE},nowhere,nothing'},
                 'nothing, nowhere'),
                ({'backends': 'disable_by_file,enable_by_files'},
                 'disable_by_file'),
                ({'allowed_source_ranges': '192.0.2.1/24'}, '192.0.2.1/24')):
            with self.case(told):
                self.useFixture(fixtures.MockPatchObject(
                    loader, 'load_store'))
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    {'healthcheck': options})
                self.assertIn('[healthcheck]', str(error))
                self.assertIn(told, str(error))


class _Store:
    """An image store.

    :ivar says: is called for each check
    """

    def __init__(self) -> None:
        self.asked = 0
        self.says: Callable[[], Any] = lambda: None

    def check(self) -> None:
        self.asked += 1
        self.says()


class StoreHealthcheckTest(helpers.FilterTestCase):

    factory = staticmethod(healthcheck.factory)

    def setUp(self) -> None:
        super().setUp()
        self.store = _Store()
        self.load_store = self.useFixture(fixtures.MockPatchObject(
            loader, 'load_store', return_value=self.store)).mock
        self.log = self.useFixture(fixtures.FakeLogger())
        self.clock = glance_case.Clock()
        self.useFixture(fixtures.MockPatchObject(
            healthcheck, 'time', self.clock))
        self.application = self._make()

    def _make(self, **options: Any) -> Any:
        return self.make({'healthcheck': {'backends': STORE, **options}})

    def _probe(self, accept: str = 'text/plain') -> tuple[int, str]:
        answer = self.send(
            self.application, path='/healthcheck',
            headers={'Accept': accept})
        return answer.status_int, answer.text

    def _fall_silent(self, error: Exception | None = None) -> None:
        def fail() -> None:
            raise error or exception.ImageStoreUnavailable()

        self.store.says = fail

    def test_it_has_the_configuration_of_the_application(self) -> None:
        [conf] = self.load_store.call_args.args
        self.assertIsInstance(conf, cfg.ConfigOpts)
        self.assertIs(self.conf, conf)

    def test_store_that_answers(self) -> None:
        self.assertEqual((200, 'OK'), self._probe())

    def test_store_that_does_not(self) -> None:
        for error in (
                exception.ImageStoreUnavailable(), exception.BadGateway(),
                exception.IdentityUnavailable(), RuntimeError('secret'),
                exception.ConfigurationError('secret')):
            with self.case(error):
                self.clock.now += 100
                self._fall_silent(error)
                self.assertEqual((503, healthcheck.NO_ANSWER), self._probe())
                status, text = self._probe('application/json')
                self.assertEqual(503, status)
                self.assertNotIn('secret', text)
                self.assertNotIn('Traceback', text)

    def test_head(self) -> None:
        for status in (204, 503):
            with self.case(status):
                answer = self.send(
                    self.application, path='/healthcheck', method='HEAD')
                self.assertEqual(
                    (status, b''), (answer.status_int, answer.body))
                self._fall_silent()
                self.clock.now += 100

    def test_details_where_they_are_wanted(self) -> None:
        self._fall_silent()
        self.assertNotIn('Try again', self._probe('application/json')[1])
        self.application = self._make(detailed=True)
        for accept in ('application/json', 'text/html'):
            with self.case(accept):
                self.assertIn('Try again', self._probe(accept)[1])

    def test_answer_is_kept_for_a_while(self) -> None:
        for _ in range(3):
            self._probe()
        self._fall_silent()
        self.clock.now += healthcheck.MAX_AGE
        self.assertEqual((200, 1), (self._probe()[0], self.store.asked))
        self.clock.now += 0.1
        self.assertEqual((503, 2), (self._probe()[0], self.store.asked))
        self.store.says = lambda: None
        self.assertEqual((503, 2), (self._probe()[0], self.store.asked))
        self.clock.now += healthcheck.MAX_AGE + 0.1
        self.assertEqual((200, 3), (self._probe()[0], self.store.asked))

    def test_one_of_many_probes_asks(self) -> None:
        everybody = threading.Event()
        self.store.says = lambda: everybody.wait(10)
        with futures.ThreadPoolExecutor(PROBES) as executor:
            probes = [executor.submit(self._probe) for _ in range(PROBES)]
            everybody.set()
            self.assertEqual(
                [200] * PROBES, [probe.result(30)[0] for probe in probes])
        self.assertEqual(1, self.store.asked)

    def test_store_that_hangs_costs_the_patience_once(self) -> None:
        end = threading.Event()
        self.addCleanup(end.set)
        self.store.says = lambda: end.wait(60)
        self.useFixture(fixtures.MockPatchObject(
            healthcheck, 'TIMEOUT', 0.1))
        self.assertEqual((503, healthcheck.NO_ANSWER), self._probe())
        self.clock.now += 3600
        self.assertEqual(503, self._probe()[0])
        self.assertEqual(1, self.store.asked)

    def test_store_that_cannot_be_made(self) -> None:
        self.load_store.side_effect = exception.DatabaseNotReady('no table')
        error = self.assertRaises(exception.ConfigurationError, self._make)
        self.assertIn(STORE, str(error))
