# SPDX-License-Identifier: Apache-2.0

"""The base class and helpers of the functional tests."""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import io
from typing import Any

import webob

from nova_images_compat.tests import base
from nova_images_compat.tests import fixtures

JSON = 'application/json'

Options = Mapping[str, Mapping[str, Any]]


def stored(service: fixtures.Service) -> list[Any]:
    """Return all rows of the catalogue's tables."""
    with service.database.reader() as connection:
        return [connection.exec_driver_sql(
            f'SELECT * FROM {table} ORDER BY 1, 2').all()
            for table in ('images', 'image_properties', 'image_members')]


def send(
    service: fixtures.Service, path: str, method: str = 'GET',
    query: str = '', body: bytes | None = None, **environ: Any,
) -> webob.Response:
    """Send a member's request as a WSGI server passes it on.

    :param path: decoded to one character per byte, as is the query string
    :param environ: other keys of the environ; None removes a key
    """
    whole = {
        **webob.Request.blank('/').environ,
        'REQUEST_METHOD': method,
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'HTTP_X_AUTH_TOKEN': fixtures.TOKENS['member'],
    }
    if body is not None:
        whole['wsgi.input'] = io.BytesIO(body)
        whole['CONTENT_LENGTH'] = str(len(body))
        whole['CONTENT_TYPE'] = JSON
    whole.update(environ)
    return service.send(webob.Request({
        name: value for name, value in whole.items() if value is not None
    }), body or b'')


class TestCase(base.TestCase):
    """A test that sends requests through the whole pipeline.

    If it fails, or one of its cases, the report shows the last requests and
    their responses.
    """

    def setUp(self) -> None:
        self._services: list[fixtures.Service] = []
        super().setUp()

    @contextlib.contextmanager
    def case(self, *name: object) -> Iterator[None]:
        with super().case(*name):
            yield
        for service in self._services:
            service.exchanges.clear()

    def onException(
        self, exc_info: Any, tb_label: str = 'traceback',
    ) -> None:
        for service in self._services:
            for exchange in service.exchanges:
                exc_info[1].add_note(str(exchange))
        super().onException(exc_info, tb_label)

    def make_service(
        self, options: Options | None = None,
        policy: Mapping[str, str] | None = None,
        database: str | None = None,
    ) -> fixtures.Service:
        """Make a service with a catalogue of its own.

        :param options: the configuration, by group and name
        :param policy: the check strings of the policy file's rules
        :param database: the URL of an empty database; None: a SQLite file
        """
        options = {**(options or {})}
        if policy is not None:
            options['oslo_policy'] = {'policy_file': self.write_policy(policy)}
        service = self.useFixture(fixtures.Service(database, options))
        self._services.append(service)
        return service

    def write_policy(
        self, rules: Mapping[str, str], path: str | None = None,
    ) -> str:
        """Write a policy file.

        :param path: where; None: a new file
        :returns: its path
        """
        if path is None:
            path = self.create_tempfiles([('policy', '')], ext='.yaml')[0]
        with open(path, 'w', encoding='utf-8') as file:
            file.write('# The policy of a test.\n')
            file.writelines(
                f'"{name}": "{check}"\n' for name, check in rules.items())
        return path

    def assert_fault(
        self, response: webob.Response, code: int, name: str,
        message: str | None = None,
    ) -> None:
        """Fail unless a response is a fault in the same format as Nova's.

        :param message: the message of the fault; None: any
        """
        self.assertEqual(code, response.status_int, response.text)
        self.assertEqual(JSON, response.content_type)
        document = response.json
        self.assertEqual([name], list(document))
        fault = document[name]
        self.assertEqual({'code', 'message'}, fault.keys())
        self.assertEqual(code, fault['code'])
        self.assertIsInstance(fault['message'], str)
        self.assertNotEqual('', fault['message'])
        if message is not None:
            self.assertEqual(message, fault['message'])
