# SPDX-License-Identifier: Apache-2.0

"""What the functional tests have in common."""

from collections.abc import Mapping
import io
from typing import Any

import webob

from nova_images_compat.tests import base
from nova_images_compat.tests import fixtures

JSON = 'application/json'

Options = Mapping[str, Mapping[str, Any]]


def stored(service: fixtures.Service) -> list[Any]:
    """Return everything that is in the catalogue's tables."""
    with service.database.reader() as connection:
        return [connection.exec_driver_sql(
            f'SELECT * FROM {table} ORDER BY 1, 2').all()
            for table in ('images', 'image_properties', 'image_members')]


def send(
    service: fixtures.Service, path: str, method: str = 'GET',
    query: str = '', body: bytes | None = None, **environ: Any,
) -> webob.Response:
    """Send a member's request as a WSGI server hands it over.

    :param path: decoded, a character a byte; so is the query string
    :param environ: what else is in the environ, or not if it is None
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
    return webob.Request({
        name: value for name, value in whole.items() if value is not None
    }).get_response(service.application)


class TestCase(base.TestCase):
    """A test that sends requests through the whole pipeline."""

    def make_service(
        self, options: Options | None = None,
        policy: Mapping[str, str] | None = None,
    ) -> fixtures.Service:
        """Make a service with a catalogue of its own.

        :param options: the configuration, by group and name
        :param policy: the check strings of the policy file's rules
        """
        options = {**(options or {})}
        if policy is not None:
            options['oslo_policy'] = {'policy_file': self.write_policy(policy)}
        return self.useFixture(fixtures.Service(options=options))

    def write_policy(
        self, rules: Mapping[str, str], path: str | None = None,
    ) -> str:
        """Write a policy file, and return its path."""
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
        """Fail unless an answer is a fault, of the shape that Nova's have.

        :param message: what it says; None: it says anything
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
