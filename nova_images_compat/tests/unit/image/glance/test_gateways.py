# SPDX-License-Identifier: Apache-2.0

"""Tests of answers of web servers that do not pass a request on."""

from typing import Any

from nova_images_compat import exception
from nova_images_compat.tests.unit.image.glance import glance_case

URL = glance_case.URL
TARGET = 'https://image.example/v2/images/an-id'
REDIRECTS = (301, 302, 303, 307, 308)

# The title or text of error pages of nginx, Apache and Go's server.
PAGES = (
    ('<title>400 The plain HTTP request was sent to HTTPS port</title>',
     'the server expects TLS, but its URL begins with http: correct '
     '[glance] endpoint_override'),
    ("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
     'the server expects TLS'),
    ('Client sent an HTTP request to an HTTPS server.\n',
     'the server expects TLS'),
    ('<title>400 No required SSL certificate was sent</title>',
     'the server requires a certificate, or rejects ours: correct [glance] '
     'certfile and keyfile'),
    ('<title>400 The SSL certificate error</title>',
     'the server requires a certificate'))


class GatewaysTest(glance_case.ClientTestCase):

    def test_redirects_to_tls(self) -> None:
        """A write must not become a GET, nor a token pass without TLS."""
        for method in ('GET', 'PATCH', 'DELETE'):
            for status in REDIRECTS:
                with self.case(method, status):
                    self.mocker.request_history.clear()
                    self.mocker.register_uri(
                        method, URL, status_code=status,
                        headers={'Location': TARGET})
                    error = self.assertRaises(
                        exception.ImageStoreMisconfigured, self.call,
                        method=method)
                    self.assertEqual(
                        f'the server redirects to {TARGET}, and redirects '
                        'are not followed: correct [glance] '
                        'endpoint_override', str(error.__cause__))
                    self.assertEqual(1, len(self.hosts()))

    def test_source_of_the_url(self) -> None:
        self.mocker.get(
            URL, status_code=301, headers={'Location': TARGET})
        made = self.make(api_servers=glance_case.ROOT)
        error = self.assertRaises(
            exception.ImageStoreMisconfigured, self.call, made)
        self.assertTrue(
            str(error.__cause__).endswith(': correct [glance] api_servers'))

    def test_target_is_logged_as_one_line(self) -> None:
        self.mocker.get(URL, status_code=301, headers={
            'Location': f'{TARGET}\x1b{"x" * 900}'})
        self.assertRaises(exception.ImageStoreMisconfigured, self.call)
        self.assertIn(r'\x1b', self.log.output)
        self.assertLess(len(self.log.output), 500)

    def test_error_pages(self) -> None:
        for page, told in PAGES:
            with self.case(page):
                self.mocker.get(URL, status_code=400, text=page)
                error = self.assertRaises(
                    exception.ImageStoreMisconfigured, self.call)
                self.assertIn(told, str(error.__cause__))

    def test_other_answers(self) -> None:
        for page, _ in PAGES:
            with self.case(page):
                self.mocker.get(URL, text=page)
                self.assertEqual(200, self.call().status)

    def test_answers_of_the_image_service(self) -> None:
        """They quote what a caller sends."""
        for page, _ in PAGES:
            with self.case(page):
                self.mocker.get(URL, status_code=400, text=page, headers={
                    'x-openstack-request-id': 'req-1'})
                self.assertEqual(400, self.call().status)

    def test_health_check(self) -> None:
        client = self.make()
        answers: list[dict[str, Any]] = [
            {'status_code': 302, 'headers': {'Location': TARGET}},
            *({'status_code': 400, 'text': page} for page, _ in PAGES)]
        for answer in answers:
            with self.case(answer):
                self.mocker.get(f'{glance_case.ROOT}/', **answer)
                error = self.assertRaises(
                    exception.ImageStoreUnavailable, client.check,
                    glance_case.caller())
                self.assertIn('correct [glance]', str(error.__cause__))
                self.assertRegex(
                    self.log.output, r'(?m)^ERROR .* not reachable at '
                    r'http://image.example: the server .* \[glance\]')
