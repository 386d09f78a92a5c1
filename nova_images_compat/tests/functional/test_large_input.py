# SPDX-License-Identifier: Apache-2.0

"""Input of the largest size that servers allow: none is answered by a server
error."""

import json
from typing import Any

from nova_images_compat.tests.functional import base

SIZE = 2 ** 16
HEADERS = (
    'HTTP_ACCEPT', 'HTTP_OPENSTACK_API_VERSION', 'CONTENT_TYPE', 'HTTP_HOST',
    'HTTP_X_OPENSTACK_NOVA_API_VERSION', 'HTTP_X_AUTH_TOKEN', 'HTTP_COOKIE',
    'HTTP_USER_AGENT', 'HTTP_X_OPENSTACK_REQUEST_ID', 'HTTP_FORWARDED',
    'HTTP_ORIGIN')
PIECES = (
    'a', ',', ';', ' ', '"', '=', '/', ':', 'a,', 'a;', '; ', '\\"', '9',
    'a/b;q=0.5,', 'a/b;c="', 'compute 2.1,', '[1', 'application/json;')

# Up to the depth that the JSON parser supports, and beyond.
DEPTHS = (100, 300, 500, 900, 1000, 1020, 1023, 1024, 5000)
DEEP = (('[', '', ']'), ('{"a":', '1', '}'))
PLACES = (
    '%(deep)s', '{"%(name)s": %(deep)s}', '{"%(name)s": {"key": %(deep)s}}',
    '{"%(name)s": {"bad/key": %(deep)s}}',
    '{"%(name)s": {"key": ""}, "other": %(deep)s}')


def fill(piece: str) -> str:
    """Return a text of ``SIZE`` characters."""
    return (piece * SIZE)[:SIZE]


class LargeInputTest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.make_service()
        self.image_id = self.service.add_image(key='value')
        self.metadata = f'/v2.1/images/{self.image_id}/metadata'

    def _send(self, *args: Any, **kwargs: Any) -> int:
        """Send a request, and return the status of the response."""
        status = base.send(self.service, *args, **kwargs).status_int
        self.assertLess(status, 500)
        return status

    def test_query_strings(self) -> None:
        for query in (
                *map(fill, ('a&', 'a=&', '%', '%41', ';', 'limit=1&')),
                '&'.join(f'{number:x}=' for number in range(10000)),
                *(f'{name}={fill(piece)}' for name in (
                    'limit', 'minRam', 'changes-since', 'status', 'marker',
                    'server', 'name', 'property-a') for piece in '9-T:/')):
            with self.case(query):
                self._send('/v2.1/images', query=query)

    def test_many_filters(self) -> None:
        for name in ('property-', '%00'):
            with self.case(name):
                query = '&'.join(f'{name}{number}=x' for number in range(4000))
                self.assertEqual(400, self._send('/v2.1/images', query=query))

    def test_paths(self) -> None:
        for root in ('', '/v2.1', '/v2.1/images', self.metadata):
            for piece in ('/', '/a', '0', '-', 'a-', '/images'):
                with self.case(root, piece):
                    self._send(f'{root}/{fill(piece)}')

    def test_headers(self) -> None:
        for name in HEADERS:
            for piece in PIECES:
                with self.case(name, piece):
                    self._send('/v2.1/images', **{name: fill(piece)})

    def test_many_items(self) -> None:
        for count, key, value, expected in (
                (9000, '{:x}', '', 403), (9000, '{:x}/', '', 400),
                (9000, '{:x}', 1, 400), (7000, '{:x}\n', '', 400),
                (20000, '{:x}', '', 413)):
            body = json.dumps({'metadata': {
                key.format(number): value for number in range(count)}},
                separators=(',', ':')).encode()
            for method in ('POST', 'PUT'):
                with self.case(method, count, key, value):
                    self.assertEqual(expected, self._send(
                        self.metadata, method, body=body))

    def test_deep_documents(self) -> None:
        for depth in DEPTHS:
            for start, middle, end in DEEP:
                deep = start * depth + middle + end * depth
                for place in PLACES:
                    for method, path, name in (
                            ('POST', self.metadata, 'metadata'),
                            ('PUT', self.metadata, 'metadata'),
                            ('PUT', f'{self.metadata}/key', 'meta')):
                        body = place % {'deep': deep, 'name': name}
                        with self.case(method, path, depth, start, place):
                            self.assertEqual(400, self._send(
                                path, method, body=body.encode()))
