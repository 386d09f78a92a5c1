# SPDX-License-Identifier: Apache-2.0

"""Calls are counted on their way through the whole pipeline, on each
database."""

import collections
from collections.abc import Mapping
import time
from typing import Any

from oslo_db.sqlalchemy import test_fixtures
import webob

from nova_images_compat.api import app
from nova_images_compat.db import engine as db_engine
from nova_images_compat import exception
from nova_images_compat.tests import base
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base as functional_base
from nova_images_compat.usage import ledger

load_tests = test_fixtures.optimize_module_test_loader()

ON = {'usage_counts': {'enabled': 'true', 'interval': 1}}

MEMBER = fixtures.PROJECT
OTHER = fixtures.OTHER_PROJECT

Counts = dict[tuple[Any, ...], int]

# A path, a method, the status of the response, and the rest of the request.
Case = tuple[str, str, int, dict[str, Any]]


def counted(service: fixtures.Service) -> Counts:
    with service.database.reader() as connection:
        return {row[:-1]: row[-1] for row in ledger.totals(
            connection, ledger.Call._fields[1:])}


class UsageOnSQLite(databases.OnSQLite, base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(
            fixtures.Service(self.database_url, ON))
        self.image_id = self.service.add_image(key='value')
        self.path = f'/v2.1/images/{self.image_id}'

    def _wait(self, expected: Counts) -> None:
        end = time.monotonic() + 15
        while time.monotonic() < end and (
                sum(counted(self.service).values()) < sum(expected.values())):
            time.sleep(0.05)
        self.assertEqual(expected, counted(self.service))

    def _request(
        self, path: str, method: str = 'GET',
        headers: Mapping[str, str] | None = None, **kwargs: Any,
    ) -> int:
        """Send a request of the user agent "client"; return the status."""
        return self.service.request(
            path, method, headers={'User-Agent': 'client', **(headers or {})},
            **kwargs).status_int

    def test_every_operation(self) -> None:
        metadata = f'{self.path}/metadata'
        for path, method, json, operation in (
                ('/v2.1/images', 'GET', None, 'images:index'),
                ('/v2.1/images/detail', 'GET', None, 'images:detail'),
                (self.path, 'GET', None, 'images:show'),
                (metadata, 'GET', None, 'image-metadata:index'),
                (metadata, 'POST', {'metadata': {'a': '1'}},
                 'image-metadata:create'),
                (metadata, 'PUT', {'metadata': {'a': '1', 'b': '2'}},
                 'image-metadata:update_all'),
                (f'{metadata}/a', 'GET', None, 'image-metadata:show'),
                (f'{metadata}/a', 'PUT', {'meta': {'a': '3'}},
                 'image-metadata:update'),
                (f'{metadata}/a', 'DELETE', None, 'image-metadata:delete'),
                (self.path, 'DELETE', None, 'images:delete')):
            with self.case(operation):
                self.assertLess(self._request(path, method, json=json), 300)
        self._wait({
            (MEMBER, 'client', operation, '2.1'): 1 for operation in (
                'images:index', 'images:detail', 'images:show',
                'images:delete', 'image-metadata:index',
                'image-metadata:create', 'image-metadata:update_all',
                'image-metadata:show', 'image-metadata:update',
                'image-metadata:delete')})

    def test_callers_agents_and_microversions_are_apart(self) -> None:
        expected: collections.Counter[tuple[Any, ...]] = (
            collections.Counter())
        for path, user, agent, header, counted_as in (
                ('/v2.1/images', 'member', 'a', None, (MEMBER, 'a', '2.1')),
                ('/v2.1/images', 'member', 'a', 'compute 2.1',
                 (MEMBER, 'a', '2.1')),
                ('/v2.1/images', 'reader', 'a', None, (MEMBER, 'a', '2.1')),
                (f'/v2.1/{MEMBER}/images', 'member', 'a', None,
                 (MEMBER, 'a', '2.1')),
                ('/v2/images', 'member', 'a', 'compute 2.30',
                 (MEMBER, 'a', '2.1')),
                ('/v2.1/images', 'other', 'a', None, (OTHER, 'a', '2.1')),
                ('/v2.1/images', 'other', 'A ', None, (OTHER, 'A', '2.1')),
                ('/v2.1/images', 'other', 'a', 'compute 2.35',
                 (OTHER, 'a', '2.35'))):
            with self.case(path, user, agent, header, counted_as):
                headers = {'User-Agent': agent}
                if header:
                    headers['OpenStack-API-Version'] = header
                self.assertEqual(
                    200, self._request(path, user=user, headers=headers))
                project, agent, version = counted_as
                expected[(project, agent, 'images:index', version)] += 1
        self._wait(expected)

    def test_refused_by_the_operation(self) -> None:
        none = '/v2.1/images/00000000-0000-4000-8000-000000000000'
        cases: list[Case] = [
            (none, 'GET', 404, {}),
            ('/v2.1/images?limit=x', 'GET', 400, {}),
            (f'/v2.1/{OTHER}/images', 'GET', 400, {}),
            (f'{self.path}/metadata/a', 'PUT', 400, {'body': '{'}),
            (self.path, 'DELETE', 404, {'user': 'other'})]
        for path, method, status, kwargs in cases:
            with self.case(path, method, status, kwargs):
                self.assertEqual(status, self._request(path, method, **kwargs))
        latest = {'OpenStack-API-Version': 'compute 2.90'}
        self.assertEqual(404, self._request(self.path, headers=latest))
        self._wait({
            (MEMBER, 'client', 'images:show', '2.1'): 1,
            (MEMBER, 'client', 'images:index', '2.1'): 2,
            (MEMBER, 'client', 'image-metadata:update', '2.1'): 1,
            (OTHER, 'client', 'images:delete', '2.1'): 1,
            (MEMBER, 'client', 'images:show', '2.90'): 1})

    def test_what_is_no_call_of_an_operation(self) -> None:
        cases: list[Case] = [
            ('/v2.1/images', 'GET', 401, {'user': None}),
            ('/v2.1/images', 'GET', 401, {'user': 'bad'}),
            ('/v2.1/images', 'GET', 406, {'headers': {
                'OpenStack-API-Version': 'compute 2.999'}}),
            ('/v2.1/images', 'POST', 404, {}),
            ('/v2.1/images', 'HEAD', 404, {}),
            ('/v2.1/servers', 'GET', 404, {}),
            ('/', 'GET', 200, {}), ('/v2.1/', 'GET', 200, {}),
            ('/healthcheck', 'GET', 200, {})]
        for path, method, status, kwargs in cases:
            with self.case(path, method, status, kwargs):
                self.assertEqual(status, self._request(path, method, **kwargs))
        self.assertEqual(200, self._request('/v2.1/images'))
        self._wait({(MEMBER, 'client', 'images:index', '2.1'): 1})

    def test_two_applications_add_up(self) -> None:
        for application in (
                self.service.application, app.load(self.service.conf)):
            self.service.application = application
            for _ in range(20):
                self._request(self.path)
        self._wait({(MEMBER, 'client', 'images:show', '2.1'): 40})


class UsageOnMySQL(databases.OnMySQL, UsageOnSQLite):
    pass


class UsageOnPostgreSQL(databases.OnPostgreSQL, UsageOnSQLite):
    pass


class UsageTest(functional_base.TestCase):

    def test_off_nothing_is_counted(self) -> None:
        service = self.make_service({'usage_counts': {'interval': 1}})
        service.request('/v2.1/images')
        time.sleep(1.5)
        self.assertEqual({}, counted(service))

    def test_store_of_its_own_needs_the_table_just_as_well(self) -> None:
        conf = self.useFixture(fixtures.Configuration({
            **ON, 'api': {'image_store': 'glance'},
            'glance': {'endpoint_override': 'http://127.0.0.1:1'}})).conf
        error = self.assertRaises(
            exception.DatabaseNotReady, app.load, conf)
        self.assertIn(db_engine.SYNC, str(error))

    def test_service_starts_and_answers_without_the_database(self) -> None:
        for driver in ('mysql+pymysql', 'postgresql+psycopg2'):
            options: Any = {
                **ON, 'api': {'image_store': 'glance'},
                'glance': {'endpoint_override': 'http://127.0.0.1:1',
                           'num_retries': 0},
                'database': {
                    'connection': f'{driver}://u:p@127.0.0.1:1/d',
                    'max_retries': -1}}
            conf = self.useFixture(fixtures.Configuration(options)).conf
            application = app.load(conf)
            for number in range(20):
                response = webob.Request.blank(
                    '/v2.1/images/detail', headers={
                        'OpenStack-API-Version': 'compute 2.90',
                        'X-Auth-Token': fixtures.TOKENS['member'],
                    }).get_response(application)
                with self.case(driver, number):
                    self.assertEqual(404, response.status_int)
                time.sleep(0.1)
