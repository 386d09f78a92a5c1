# SPDX-License-Identifier: Apache-2.0

"""Errors inside the service: the response hides their details, the log has
them."""

from collections.abc import Iterator
import contextlib
import re
from typing import Any
from unittest import mock

import fixtures as third_party_fixtures
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import test_fixtures
import sqlalchemy as sa
import webob

from nova_images_compat import exception
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import databases
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

load_tests = test_fixtures.optimize_module_test_loader()

UNEXPECTED = (
    'The server has either erred or is incapable of performing the '
    'requested operation.')
SECRET = 'the password is squeamish'
NO_IMAGE = '00000000-0000-0000-0000-000000000000'
METADATA = {'metadata': {'key': 'value'}}

# For each operation: the store's method that it calls, and a request.
CALLS: dict[str, tuple[str, str, str, Any]] = {
    'index': ('list', 'GET', '/v2.1/images', None),
    'detail': ('list', 'GET', '/v2.1/images/detail', None),
    'show': ('get', 'GET', f'/v2.1/images/{NO_IMAGE}', None),
    'delete': ('delete', 'DELETE', f'/v2.1/images/{NO_IMAGE}', None),
    'metadata-index': (
        'get', 'GET', f'/v2.1/images/{NO_IMAGE}/metadata', None),
    'metadata-show': (
        'get', 'GET', f'/v2.1/images/{NO_IMAGE}/metadata/key', None),
    'metadata-create': (
        'add_metadata', 'POST', f'/v2.1/images/{NO_IMAGE}/metadata',
        METADATA),
    'metadata-update': (
        'add_metadata', 'PUT', f'/v2.1/images/{NO_IMAGE}/metadata/key',
        {'meta': {'key': 'value'}}),
    'metadata-update-all': (
        'replace_metadata', 'PUT', f'/v2.1/images/{NO_IMAGE}/metadata',
        METADATA),
    'metadata-delete': (
        'remove_metadata', 'DELETE',
        f'/v2.1/images/{NO_IMAGE}/metadata/key', None),
}


class _TestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(third_party_fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))

    def assert_unexpected(self, response: webob.Response) -> None:
        """Fail unless a response is an error 500 without details, and the log
        has the traceback with the response's request id.
        """
        self.assert_fault(response, 500, 'computeFault', UNEXPECTED)
        request_id = response.headers['x-openstack-request-id']
        self.assertRegex(request_id, '^req-[0-9a-f-]{36}$')
        self.assertEqual(
            request_id, response.headers['x-compute-request-id'])
        self.assertRegex(
            self.log.output, f'(?m)^ERROR .*{re.escape(request_id)}')
        self.assertIn('Traceback (most recent call last)', self.log.output)


class StoreFails(_TestCase):
    """Errors that the store raises, in each operation."""

    scenarios = [
        (name, dict(zip(('store_method', 'method', 'path', 'body'), call)))
        for name, call in CALLS.items()]
    store_method: str
    method: str
    path: str
    body: Any

    @contextlib.contextmanager
    def _raising(self, error: Exception) -> Iterator[None]:
        with mock.patch.object(
                catalog_store.CatalogStore, self.store_method,
                autospec=True, side_effect=error) as method:
            yield
        method.assert_called_once()

    def _request(self, error: Exception) -> webob.Response:
        service = self.make_service()
        with self._raising(error):
            return service.request(self.path, self.method, json=self.body)

    def test_unexpected_error(self) -> None:
        response = self._request(RuntimeError(SECRET))
        self.assert_unexpected(response)
        self.assertNotIn('squeamish', str(response))
        self.assertIn(f'RuntimeError: {SECRET}', self.log.output)

    def test_error_that_the_operation_does_not_declare(self) -> None:
        response = self._request(exception.UnsupportedContentType())
        self.assert_unexpected(response)
        self.assertIn('does not declare error 415', self.log.output)

    def test_store_is_not_available(self) -> None:
        response = self._request(exception.ImageStoreUnavailable(17))
        self.assert_fault(response, 503, 'serviceUnavailable')
        self.assertEqual('17', response.headers['Retry-After'])
        self.assertIn('x-compute-request-id', response.headers)


class RequestIds(_TestCase):

    def test_a_caller_may_send_a_global_one(self) -> None:
        service = self.make_service()
        theirs = 'req-01234567-89ab-cdef-0123-456789abcdef'
        with mock.patch.object(
                catalog_store.CatalogStore, 'list',
                autospec=True, return_value=[]) as method:
            service.request(
                '/v2.1/images', headers={'X-OpenStack-Request-ID': theirs})
        context = method.call_args.args[1]
        self.assertEqual(theirs, context.global_request_id)
        self.assertNotEqual(theirs, context.request_id)

    def test_each_request_has_its_own(self) -> None:
        service = self.make_service()
        ids = {service.request(path, user=user).headers[
            'x-openstack-request-id']
            for path in ('/', '/v2.1/', '/v2.1/images', '/v2.1/nothing')
            for user in ('member', None)}
        self.assertEqual(8, len(ids))


class DatabaseGone(_TestCase):

    def _requests(
        self, service: fixtures.Service, image_id: str,
    ) -> Iterator[tuple[str, webob.Response]]:
        """Send a request of each operation.

        :returns: the operations' names, and the responses
        """
        for name, (_, method, path, body) in CALLS.items():
            yield name, service.request(
                path.replace(NO_IMAGE, image_id), method, json=body)

    def test_tables_are_dropped(self) -> None:
        service = self.make_service()
        image_id = service.add_image()
        with service.database.writer() as connection:
            for table in ('image_members', 'image_properties', 'images'):
                connection.exec_driver_sql(f'DROP TABLE {table}')
        for name, response in self._requests(service, image_id):
            with self.case(name):
                self.assert_unexpected(response)
                self.assertNotRegex(str(response), '(?i)sql|no such table')
        self.assertIn('no such table: images', self.log.output)

    def test_connection_returns(self) -> None:
        service = self.make_service()
        image_id = service.add_image()
        with mock.patch.object(
                sa.Connection, 'execute', autospec=True,
                side_effect=db_exception.DBConnectionError(SECRET)):
            for name, response in self._requests(service, image_id):
                with self.case(name):
                    self.assert_fault(response, 503, 'serviceUnavailable')
                    self.assertRegex(
                        response.headers['Retry-After'], '^[1-9][0-9]*$')
                    self.assertNotIn('squeamish', str(response))
        self.assertIn(SECRET, self.log.output)
        response = service.request(f'/v2.1/images/{image_id}')
        self.assertEqual(200, response.status_int)


class DatabaseServerGone(databases.OnMySQL, _TestCase):
    """The server closes every connection that the pool has."""

    CONNECTIONS = (
        'SELECT id FROM information_schema.processlist '
        'WHERE db = DATABASE() AND id <> CONNECTION_ID()')
    CLOSE = 'KILL {}'

    def test_service_connects_again(self) -> None:
        service = self.make_service(database=self.database_url)
        image_id = service.add_image()
        path = f'/v2.1/images/{image_id}'
        self.assertEqual(200, service.request(path).status_int)
        answers = [
            service.request(path) for _ in range(self._close_all(service))]
        self.assertLessEqual(
            {answer.status_int for answer in answers}, {200, 503})
        self.assertEqual(200, service.request(path).status_int)

    def test_first_write_finds_a_connection(self) -> None:
        """Not another one that the server has closed."""
        service = self.make_service(database=self.database_url)
        writer = service.database.writer
        # The pool keeps all three connections.
        with writer(), writer(), writer():
            pass
        self.assertGreaterEqual(self._close_all(service), 3)
        image_id = service.add_image()
        self.assertEqual(200, service.request(
            f'/v2.1/images/{image_id}').status_int)

    def _close_all(self, service: fixtures.Service) -> int:
        """Close all connections, and return how many there were."""
        engine = sa.create_engine(service.conf.database.connection)
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            connections = connection.exec_driver_sql(self.CONNECTIONS).all()
            self.assertNotEqual([], connections)
            for (number,) in connections:
                connection.exec_driver_sql(self.CLOSE.format(number))
        return len(connections)


class DatabaseServerGonePostgreSQL(
        databases.OnPostgreSQL, DatabaseServerGone):

    CONNECTIONS = (
        'SELECT pid FROM pg_stat_activity '
        'WHERE datname = current_database() AND pid <> pg_backend_pid()')
    CLOSE = 'SELECT pg_terminate_backend({})'


class ResponseValidation(_TestCase):
    """A response that does not match its schema: its size is negative."""

    def _show(self, validation: str) -> webob.Response:
        service = self.make_service(
            {'api': {'response_validation': validation}})
        image_id = service.add_image()
        with service.database.writer() as connection:
            connection.exec_driver_sql('UPDATE images SET size = -1')
        return service.request(f'/v2.1/images/{image_id}')

    def test_ignore(self) -> None:
        response = self._show('ignore')
        self.assertEqual(-1, response.json['image']['OS-EXT-IMG-SIZE:size'])
        self.assertNotIn('schema', self.log.output)

    def test_warn(self) -> None:
        response = self._show('warn')
        self.assertEqual(-1, response.json['image']['OS-EXT-IMG-SIZE:size'])
        self.assertRegex(
            self.log.output, '(?m)^WARNING .*schema.*OS-EXT-IMG-SIZE:size')

    def test_error(self) -> None:
        response = self._show('error')
        self.assert_unexpected(response)
        self.assertNotIn('OS-EXT-IMG-SIZE', response.text)
