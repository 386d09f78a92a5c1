# SPDX-License-Identifier: Apache-2.0

"""Tests of parsing query strings."""

import random

import webob

from nova_images_compat.api import query_string
from nova_images_compat.tests.unit import helpers

PIECES = (
    '&', ';', '=', '+', '%', 'a', 'b1', '%41', '%C3%BC', '%e2%9c%93', '%zz',
    '%4', '% 1', '%+1', '%-1', '%00', '%0A', '%26', '%3D', '%25', ' ', '?',
    '/', '[]')
ROUNDS = 2000


class QueryStringTest(helpers.TestCase):

    def test_pairs(self) -> None:
        for text, expected in (
                ('', []), ('&;&', []), ('a', [('a', '')]),
                ('=b', [('', 'b')]), ('=', [('', '')]),
                ('a=1&b=2;a=3', [('a', '1'), ('b', '2'), ('a', '3')]),
                ('a=b=c', [('a', 'b=c')]), ('a+b=%2B+', [('a b', '+ ')]),
                ('%C3%BC=\xc3\xb6', [('ü', 'ö')]), ('%=%zz', [('%', '%zz')])):
            with self.case(text):
                self.assertEqual(expected, query_string.pairs(text))

    def test_same_as_webob(self) -> None:
        """Nova reads query strings with WebOb."""
        source = random.Random(1)
        for _ in range(ROUNDS):
            text = ''.join(source.choices(PIECES, k=source.randrange(12)))
            with self.case(text):
                request = webob.Request({'QUERY_STRING': text})
                try:
                    expected = list(request.GET.items())
                except UnicodeDecodeError:
                    self.assertRaises(
                        UnicodeDecodeError, query_string.pairs, text)
                else:
                    self.assertEqual(expected, query_string.pairs(text))

    def test_what_is_not_utf_8(self) -> None:
        for text in ('a=%FF', '%FF', '\xff=a', '%C3=', 'a=%ED%A0%80'):
            with self.case(text):
                self.assertRaises(
                    UnicodeDecodeError, query_string.pairs, text)

    def test_time_is_linear(self) -> None:
        for piece in ('a=1&', 'a&', ';', '%', '%41', '%4', '='):
            with self.case(piece):
                once, twice = (
                    helpers.count_lines(
                        lambda: query_string.pairs(piece * count))
                    for count in (1000, 2000))
                self.assertLess(twice, 2.5 * once)
