# SPDX-License-Identifier: Apache-2.0

"""Tests of the limit on bodies."""

import io
from typing import Any

import webob

from nova_images_compat.api.pipeline import sizelimit
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

LIMIT = {'oslo_middleware': {'max_request_body_size': 20}}


class SizeLimitTest(helpers.FilterTestCase):

    factory = staticmethod(sizelimit.factory)

    def test_body_up_to_the_limit_passes(self) -> None:
        answer = self.send(self.make(LIMIT), method='PUT', body=b'x' * 20)
        self.assertEqual('reached', answer.text)

    def test_longer_body_is_refused_by_a_fault(self) -> None:
        answer = self.send(self.make(LIMIT), method='PUT', body=b'x' * 21)
        self.assertEqual([], self.endpoint.seen)
        self.assertEqual(413, answer.status_int)
        self.assertEqual('application/json', answer.content_type)
        self.assertEqual(413, answer.json['overLimit']['code'])
        self.assertIn('(20)', answer.json['overLimit']['message'])
        self.assertEqual(len(answer.body), answer.content_length)

    def test_any_method_that_tells_a_length(self) -> None:
        for method in ('GET', 'DELETE', 'PATCH'):
            with self.case(method):
                answer = self.send(
                    self.make(LIMIT), method=method, body=b'x' * 21)
                self.assertEqual(413, answer.status_int)
        self.assertEqual([], self.endpoint.seen)


class UnknownLengthTest(helpers.TestCase):

    def test_body_of_unknown_length(self) -> None:
        service = self.useFixture(fixtures.Service(options=LIMIT))
        url = f'/v2.1/images/{service.add_image()}/metadata'
        for body, status in (
                (b'{"metadata": {}}', 200),
                (b'{"metadata": {"too": "long"}}', 413)):
            with self.case(body):
                answer = self._send(service, url, body)
                self.assertEqual(status, answer.status_int)
                self.assertEqual('application/json', answer.content_type)

    def _send(
        self, service: fixtures.Service, url: str, body: bytes,
    ) -> webob.Response:
        environ: dict[str, Any] = {
            'wsgi.input': io.BytesIO(body), 'wsgi.input_terminated': True,
            'HTTP_X_AUTH_TOKEN': fixtures.TOKENS['member'],
            'CONTENT_TYPE': 'application/json'}
        return webob.Request.blank(
            url, method='PUT', environ=environ).get_response(
                service.application)
