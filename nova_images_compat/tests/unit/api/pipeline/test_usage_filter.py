# SPDX-License-Identifier: Apache-2.0

"""Tests of counting requests."""

import datetime
from typing import Any

import microversion_parse

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import usage_filter
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat import exception
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers
from nova_images_compat.usage import ledger

ON = {'usage_counts': {'enabled': 'true'}}


class UsageFilterTest(helpers.FilterTestCase):

    factory = staticmethod(usage_filter.factory)

    def make(self, options: Any = None) -> paste.WSGIApplication:
        self.conf = self.configure(options or ON)
        migration.sync(self.conf)
        application = self.factory({paste.CONF_KEY: self.conf})(self.endpoint)
        if isinstance(application, usage_filter.UsageFilter):
            self.addCleanup(application.counter.close)
        return application

    def _environ(self, **environ: Any) -> dict[str, Any]:
        return {
            wsgi.ENV_CONTEXT: request_context.RequestContext(project_id='p'),
            wsgi.ENV_MICROVERSION: microversion_parse.Version(2, 7),
            wsgi.ENV_OPERATION: 'images:show', **environ}

    def _counted(self, application: Any) -> list[tuple[Any, ...]]:
        application.counter.close()
        with db_engine.Database(self.conf).reader() as connection:
            return [row[1:] for row in ledger.totals(
                connection, ledger.Call._fields)]

    def test_off_it_is_not_there(self) -> None:
        self.assertIs(self.endpoint, self.make({'usage_counts': {}}))

    def test_operation(self) -> None:
        application = self.make()
        for _ in range(3):
            self.send(application, environ=self._environ(
                HTTP_USER_AGENT='client/1'))
        self.assertEqual(
            [('p', 'client/1', 'images:show', '2.7', 3)],
            self._counted(application))

    def test_what_has_no_route_is_no_operation(self) -> None:
        application = self.make()
        environ = self._environ()
        del environ[wsgi.ENV_OPERATION]
        self.send(application, environ=environ)
        self.assertEqual([], self._counted(application))

    def test_request_that_fails(self) -> None:
        application = self.make()
        self.endpoint.error = LookupError()
        self.assertRaises(
            LookupError, self.send, application, environ=self._environ())
        self.assertEqual(
            [('p', '', 'images:show', '2.7', 1)], self._counted(application))

    def test_caller_without_a_project(self) -> None:
        application = self.make()
        self.send(application, environ=self._environ(**{
            wsgi.ENV_CONTEXT: request_context.RequestContext()}))
        self.assertEqual('', self._counted(application)[0][0])

    def test_user_agents(self) -> None:
        application = self.make()
        for sent, counted in (
                ('curl/8', 'curl/8'), ('ü'.encode().decode('latin-1'), 'ü'),
                ('\xff', '�'), ('a\tb\x1b[1m\x7f\r\n', 'ab[1m'),
                ('x' * 65000, 'x' * 200), (' \0 ', ''),
                ('\u202e'.encode().decode('latin-1') + 'x', 'x')):
            with self.case(sent[:20]):
                self.send(application, environ=self._environ(
                    HTTP_USER_AGENT=sent))
                self.assertEqual(counted, self._counted(application)[0][1])
                with db_engine.Database(self.conf).writer() as connection:
                    for day in ledger.days_before(
                            connection, datetime.date.max):
                        ledger.purge(connection, day)

    def test_without_its_extra(self) -> None:
        with own_fixtures.Installed({'SQLAlchemy': None}):
            error = self.assertRaises(
                exception.MissingExtra, self.factory({
                    paste.CONF_KEY: self.configure(ON)}), self.endpoint)
        self.assertIn('[usage_counts] enabled needs SQLAlchemy', str(error))

    def test_database_that_is_not_migrated(self) -> None:
        error = self.assertRaises(
            exception.DatabaseNotReady,
            self.factory({paste.CONF_KEY: self.configure(ON)}), self.endpoint)
        self.assertIn(db_engine.SYNC, str(error))
