# SPDX-License-Identifier: Apache-2.0

"""Text of callers and of the Image service cannot forge lines of the log."""

import json
import logging
from typing import Any

import fixtures as third_party_fixtures
import urllib3.exceptions

from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import glance_case

FORGED = '2026-11-24 12:00:00.000 1 ERROR forged'
TEXT = f'1\r\n{FORGED}\x1b[2J\x85\u2028{FORGED}'
QUOTED = '1%0D%0A' + FORGED.replace(' ', '%20') + '%1B%5B2J%C2%85%E2%80%A8'

# As in a WSGI environ: one character per byte.
RAW = TEXT.encode().decode('latin-1')


class _Messages(logging.Handler):
    """Keeps the messages of a logger as a handler would write them."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class LogLinesTest(glance_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.add(key='value')
        self.image = f'/v2.1/images/{self.image_id}'
        self.service = self.serve({
            'DEFAULT': {'debug': True},
            'api': {'response_validation': 'warn'}})
        self.log = _Messages()
        self.useFixture(third_party_fixtures.LogHandler(
            self.log, 'nova_images_compat', logging.DEBUG))

    def _assert_lines(self, *args: Any, **kwargs: Any) -> list[str]:
        """Send a request, and fail if it logs anything but single lines.

        :returns: the messages
        """
        self.log.messages.clear()
        response = base.send(self.service, *args, **kwargs)
        self.assertGreaterEqual(len(self.log.messages), 1)
        for message in self.log.messages:
            with self.case(message):
                self.assertTrue(message.isprintable())
        self.assertTrue(any(
            f'status: {response.status_int} ' in message
            for message in self.log.messages), self.log.messages)
        return self.log.messages

    def test_query_strings(self) -> None:
        for name in ('minRam', 'minDisk', 'changes-since', 'marker', 'limit',
                     'status', 'name', 'property-a', 'server', 'unknown'):
            with self.case(name):
                self._assert_lines(
                    '/v2.1/images', query=f'{name}={QUOTED}')
                self._assert_lines(
                    '/v2.1/images', query=f'{QUOTED}={QUOTED}')

    def test_rejected_value_is_in_the_log(self) -> None:
        messages = self._assert_lines(
            '/v2.1/images', query=f'minRam={QUOTED}')
        self.assertTrue(any(
            f'1\\r\\n{FORGED}\\x1b[2J' in message for message in messages))

    def test_paths(self) -> None:
        for path in (f'/v2.1/images/{RAW}', f'{self.image}/metadata/{RAW}',
                     f'/v2.1/{RAW}/images', f'/{RAW}', f'{self.image}{RAW}'):
            with self.case(path):
                self._assert_lines(path)

    def test_headers(self) -> None:
        for name in ('HTTP_USER_AGENT', 'HTTP_ACCEPT', 'HTTP_HOST',
                     'HTTP_OPENSTACK_API_VERSION',
                     'HTTP_X_OPENSTACK_NOVA_API_VERSION',
                     'HTTP_X_OPENSTACK_REQUEST_ID', 'HTTP_X_AUTH_TOKEN',
                     'REMOTE_ADDR', 'CONTENT_TYPE', 'HTTP_ORIGIN'):
            for value in (RAW, f'compute 2.1{RAW}'):
                with self.case(name, value):
                    self._assert_lines('/v2.1/images', **{name: value})

    def test_bodies(self) -> None:
        documents: tuple[Any, ...] = (
            {'metadata': {TEXT: 'v'}}, {'metadata': {'k': [TEXT]}},
            {'metadata': {'k': TEXT}}, {TEXT: {}}, TEXT)
        for document in documents:
            for method in ('POST', 'PUT'):
                with self.case(document, method):
                    self._assert_lines(
                        f'{self.image}/metadata', method,
                        body=json.dumps(document).encode())

    def test_failures_of_the_image_service(self) -> None:
        body = json.dumps({'metadata': {'k': 'v'}}).encode()
        for failure in (
                {'status': 400, 'body': TEXT.encode()},
                {'status': 400, 'body': json.dumps(
                    {'message': TEXT}).encode()},
                {'status': 409, 'body': TEXT.encode()},
                {'status': 500, 'body': TEXT.encode()},
                {'status': 503, 'headers': {'Retry-After': RAW}},
                {'status': 200, 'body': b'{"id": 3}'},
                {'error': urllib3.exceptions.ProtocolError(TEXT)}):
            with self.case(failure):
                self.glance.failures = [
                    fake_glance.Failure(method='PATCH', **failure)] * 9
                self._assert_lines(
                    f'{self.image}/metadata', 'POST', body=body)

    def test_attributes_of_an_image(self) -> None:
        self.glance.images[self.image_id].update(
            {'name': TEXT, TEXT: TEXT, 'status': TEXT, 'created_at': TEXT})
        for path in ('/v2.1/images', '/v2.1/images/detail', self.image,
                     f'{self.image}/metadata'):
            with self.case(path):
                self._assert_lines(path)

    def test_unexpected_errors(self) -> None:
        self.glance.failures = [
            fake_glance.Failure(error=RuntimeError(TEXT))]
        messages = self._assert_lines(self.image)
        self.assertTrue(any('Unexpected' in each for each in messages))
        self.assertEqual('value', self.service.request(
            f'{self.image}/metadata/key',
            headers={'X-Auth-Token': fixtures.TOKENS['member']},
        ).json['meta']['key'])
