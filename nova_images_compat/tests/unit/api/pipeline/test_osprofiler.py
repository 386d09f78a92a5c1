# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter that traces requests."""

import logging

import fixtures
from osprofiler import notifier
from osprofiler import web

from nova_images_compat.api.pipeline import osprofiler
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers

ON = {'enabled': True, 'hmac_keys': 'ours',
      'connection_string': 'redis://127.0.0.1:6379'}


class OSProfilerTest(helpers.FilterTestCase):

    factory = staticmethod(osprofiler.factory)

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(web.disable)
        self.addCleanup(notifier.clear_notifier_cache)

    def test_off(self) -> None:
        self.assertIs(self.endpoint, self.make())

    def test_key_that_everybody_knows(self) -> None:
        for keys in ('SECRET_KEY', 'SECRET_KEY,ours', 'ours, SECRET_KEY', ',',
                     ''):
            with self.case(keys):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    {'profiler': {**ON, 'hmac_keys': keys}})
                self.assertIn('[profiler] hmac_keys', str(error))

    def test_drivers_that_there_are_not(self) -> None:
        for url in ('foo://:hush@host', 'mongodb://:hush@host', 'x'):
            with self.case(url):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    {'profiler': {**ON, 'connection_string': url}})
                self.assertIn('[profiler] connection_string', str(error))
                self.assertNotIn('hush', str(error))

    def test_password_is_in_no_log(self) -> None:
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        for url in ('redis://:hush@127.0.0.1:6379', 'foo://:hush@host'):
            try:
                self.make({'profiler': {
                    **ON, 'hmac_keys': 'whisper', 'connection_string': url}})
            except exception.ConfigurationError:
                pass
            for secret in 'hush', 'whisper':
                with self.case(secret):
                    self.assertNotIn(secret, log.output, url)

    def test_what_else_osprofiler_says_is_heard(self) -> None:
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        self.make({'profiler': ON})
        for name in osprofiler.LEAKY_LOGGERS:
            logging.getLogger(name).info('more')
        self.assertEqual('more\n' * 2, log.output[-10:])

    def test_messages(self) -> None:
        options = {**ON, 'connection_string': 'messaging://'}
        error = self.assertRaises(
            exception.ConfigurationError, self.make, {'profiler': options})
        self.assertIn('[profiler] connection_string', str(error))

    def test_requests_pass(self) -> None:
        application = self.make({'profiler': ON})
        self.assertIsInstance(application, web.WsgiMiddleware)
        self.assertEqual('reached', self.send(application).text)
