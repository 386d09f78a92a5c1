# SPDX-License-Identifier: Apache-2.0

"""Tests of what the Image service may answer."""

from nova_images_compat import exception
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.tests.unit.image.glance import glance_case

URL = glance_case.URL


class AnswerTest(glance_case.ClientTestCase):

    def test_errors_that_the_store_understands(self) -> None:
        for status in (400, 403, 404, 409, 410, 413):
            with self.case(status):
                self.mocker.get(URL, status_code=status, text='why')
                answer = self.call()
                self.assertEqual((status, b'why', False), (
                    answer.status, answer.body, answer.is_success))

    def test_token_that_is_refused(self) -> None:
        self.mocker.get(URL, status_code=401)
        self.assertRaises(exception.Unauthorized, self.call)
        self.assertEqual(1, len(self.hosts()))

    def test_other_errors(self) -> None:
        for status in (500, 501, 502, 504, 507, 599):
            with self.case(status):
                self.mocker.request_history.clear()
                self.mocker.get(URL, status_code=status, text='<html>')
                self.assertRaises(exception.BadGateway, self.call)
                self.assertEqual(1, len(self.hosts()))
        self.assertRegex(self.log.output, '(?m)^ERROR .*599.*<html>')

    def test_redirects_are_not_followed(self) -> None:
        elsewhere = self.mocker.get('http://elsewhere.example/')
        for status in (300, 301, 302, 303, 304, 307, 308):
            with self.case(status):
                self.mocker.get(URL, status_code=status, headers={
                    'Location': 'http://elsewhere.example/'})
                self.assertRaises(exception.BadGateway, self.call)
        self.assertFalse(elsewhere.called)

    def test_bodies_that_are_no_object(self) -> None:
        for body in (b'', b'<html>', b'{"a": ', b'[]', b'1', b'null',
                     b'"text"', b'\xff', b'{"a": NaN}', b'[' * 5000):
            with self.case(body):
                self.mocker.get(URL, content=body)
                self.assertRaises(exception.BadGateway, self.call().document)
        self.assertRegex(self.log.output, '(?m)^ERROR .*not a JSON object')

    def test_text_of_an_error(self) -> None:
        for body, text in (
                (b'<html>\n <head>\n  <title>400 Bad Request</title>\n '
                 b'</head>\n <body>\n  <h1>400 Bad Request</h1>\n  '
                 b'Key &quot;a&quot; &lt;is&gt;\n bad<br /><br />\n </body>'
                 b'\n</html>', 'Key "a" <is> bad'),
                (b'{"message": "Key \\"a\\"\\n<is> &amp; bad\\n\\n", '
                 b'"code": "400 Bad Request", "title": "Bad Request"}',
                 'Key "a" <is> &amp; bad'),
                (b'{"message": 3}', '{"message": 3}'), (b'[]', '[]'),
                (b'{}', '{}'), (b'3', '3'),
                (b'plain', 'plain'), (b'', ''), (b'\xff', '\ufffd'),
                (b'a < b', 'a < b'), (b'a<b>c<d', 'a c<d'),
                (b'<head>x', 'x'), (b'<h1>a</h1>b<head>c</head>d', 'bd')):
            with self.case(body):
                self.mocker.get(URL, status_code=400, content=body)
                self.assertEqual(text, self.call().error_message())

    def test_text_of_an_error_is_one_line(self) -> None:
        for body in (
                b'a\x1b[31m\0\x7f\r\nb', 'a\u2028b\u202e\x85'.encode(),
                b'&#10;&#27;&#x2028;&#x202e;&#' + b'9' * 9999 + b';',
                b'{"message": "a\\u001b\\nb\\u2028"}', b'x' * 10 ** 6,
                b'&quot;' * 10 ** 5, b'{"message": "%s"}' % (b'x' * 10 ** 6)):
            with self.case(body[:40]):
                self.mocker.get(URL, status_code=400, content=body)
                text = self.call().error_message()
                self.assertTrue(text.isprintable(), text)
                self.assertTrue(text)
                self.assertLessEqual(
                    len(text), glance_answer.MAX_MESSAGE_LENGTH)

    def test_text_of_an_error_is_found_in_linear_time(self) -> None:
        """A page of four million tags would take days otherwise."""
        for piece in (b'<', b'<head>', b'<h1>', b'<b', b'&#1', b'\n ', b'\0',
                      b'>', b'</head>', b'</h1><h1>', b'&'):
            with self.case(piece):
                self.mocker.get(
                    URL, status_code=400, content=piece * 2 ** 22)
                text = self.call().error_message()
                self.assertLessEqual(
                    len(text), glance_answer.MAX_MESSAGE_LENGTH)
