# SPDX-License-Identifier: Apache-2.0

"""Tests of the log of the requests."""

import logging

import microversion_parse
import webob

from nova_images_compat.api.pipeline import request_log
from nova_images_compat.api import wsgi
from nova_images_compat.tests.unit import helpers


class RequestLogTest(helpers.FilterTestCase):

    factory = staticmethod(request_log.factory)

    def setUp(self) -> None:
        super().setUp()
        self.application = self.make()
        self.lines = self.log_lines(self.conf)

    def test_line(self) -> None:
        self.send(
            self.application, '/images?a=1', method='DELETE', environ={
                'SCRIPT_NAME': '/v2.1', 'REMOTE_ADDR': '192.0.2.7',
                wsgi.ENV_MICROVERSION: microversion_parse.Version(2, 7)})
        [line] = self.lines
        self.assertRegex(
            line, r'192\.0\.2\.7 "DELETE /v2\.1/images\?a=1" status: 200 '
            r'len: 7 microversion: 2\.7 time: [0-9]+\.[0-9]{6}$')

    def test_what_is_not_known(self) -> None:
        self.endpoint.response = webob.Response(
            status=204, headerlist=[('X-Any', 'x')])
        self.send(self.application)
        self.assertRegex(
            self.lines[0], r'- "GET .*" status: 204 len: 0 microversion: - ')

    def test_a_request_that_fails_is_logged(self) -> None:
        self.endpoint.error = RuntimeError()
        self.assertRaises(RuntimeError, self.send, self.application)
        self.assertRegex(self.lines[0], r'status: 500 len: - ')

    def test_a_request_writes_one_line_whatever_its_path(self) -> None:
        for path, logged in (
                ('/a%0Ab', '/a%0Ab'), ('/a%0D%0Ab', '/a%0D%0Ab'),
                ('/%1B%5B31m', '/%1B%5B31m'), ('/a%22%20b', '/a%22%20b'),
                ('/%FF', '/%FF'), ('/%C3%BC', '/%C3%BC'),
                ('/%E2%80%A8', '/%E2%80%A8')):
            with self.case(path):
                del self.lines[:]
                self.send(self.application, path)
                self.assertEqual(1, len(self.lines))
                self.assertEqual(1, len(self.lines[0].splitlines()))
                self.assertIn(f'"GET {logged}" ', self.lines[0])

    def test_control_characters_of_the_query_are_not_written(self) -> None:
        # waitress passes them on unquoted.
        for query in ('a\x1b[31mb', 'a\0b', 'a\x7fb'):
            with self.case(query):
                del self.lines[:]
                self.send(
                    self.application, environ={'QUERY_STRING': query})
                self.assertNotIn(query, self.lines[0])

    def test_query_is_logged_as_it_was_sent(self) -> None:
        self.send(self.application, '/images?name=a%0Ab&x=%25&y=%C3%BC+z')
        self.assertIn(
            '"GET /images?name=a%0Ab&x=%25&y=%C3%BC+z" ', self.lines[0])

    def test_token_is_not_logged(self) -> None:
        self.send(self.application, headers={'X-Auth-Token': 'Geheim'})
        self.assertNotIn('Geheim', self.lines[0])

    def test_nothing_is_logged_below_info(self) -> None:
        lines = self.log_lines(self.conf, level=logging.WARNING)
        self.assertEqual('reached', self.send(self.application).text)
        self.assertEqual([], lines)
