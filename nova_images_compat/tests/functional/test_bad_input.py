# SPDX-License-Identifier: Apache-2.0

"""Invalid input: each has its fault, and nothing is changed."""

import io
import json
from typing import Any
from urllib import parse

import webob

from nova_images_compat.tests.functional import base

METADATA = '/v2.1/images/{}/metadata'
MAX_BODY = 114688
MALFORMED = 'Malformed request body'


class _TestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.make_service()
        self.image_id = self.service.add_image(name='mine', key='value')
        self.image = f'/v2.1/images/{self.image_id}'
        before = base.stored(self.service)
        self.addCleanup(lambda: self.assertEqual(
            before, base.stored(self.service)))

    def send(self, path: str, *args: Any, **kwargs: Any) -> webob.Response:
        return base.send(self.service, path, *args, **kwargs)

    def assert_bad(self, response: webob.Response, message: str = '.') -> None:
        """Fail unless a response is a 400.

        :param message: a regular expression that its message matches
        """
        self.assert_fault(response, 400, 'badRequest')
        self.assertRegex(response.json['badRequest']['message'], message)

    def assert_not_found(self, response: webob.Response) -> None:
        self.assert_fault(response, 404, 'itemNotFound')


class Bodies(_TestCase):

    def check_rejected(self, body: bytes, message: str = '.') -> None:
        """Fail unless each operation that takes a body rejects this one.

        :param message: a regular expression that each message matches
        """
        for method, path in (
                ('POST', '/metadata'), ('PUT', '/metadata'),
                ('PUT', '/metadata/key')):
            for root in ('/v2.1', '/v2'):
                with self.case(method, root, path, body):
                    self.assert_bad(self.send(
                        f'{root}/images/{self.image_id}{path}', method,
                        body=body), message)

    def test_broken_json(self) -> None:
        for body in (
                b'{', b'}', b'metadata', b"{'metadata': {}}",
                b'{"metadata": {}', b'{"metadata": {}} {"metadata": {}}',
                b'{"metadata": {},}', b'{"metadata": {"key": NaN}}',
                b'{"metadata": {"key": Infinity}}',
                b'{"metadata": {"key": "\n"}}', b'\0', b'[' * 10):
            self.check_rejected(body, f'^{MALFORMED}$')

    def test_no_body(self) -> None:
        self.check_rejected(b'')

    def test_wrong_types(self) -> None:
        documents: tuple[Any, ...] = (
            None, True, 7, 'text', [], {}, [{'metadata': {}}],
            {'metadata': None, 'meta': None},
            {'metadata': 'text', 'meta': 'text'},
            {'metadata': [], 'meta': []},
            {'metadata': {'key': 7}, 'meta': {'key': 7}},
            {'metadata': {'key': None}, 'meta': {'key': None}},
            {'metadata': {'key': {}}, 'meta': {'key': {}}})
        for document in documents:
            self.check_rejected(json.dumps(document).encode())

    def test_too_large(self) -> None:
        """With a Content-Length, or in chunks."""
        body = json.dumps({'metadata': {'key': 'v' * MAX_BODY}}).encode()
        for name, environ in (
                ('Content-Length', {'body': body}),
                ('chunked', {
                    'CONTENT_TYPE': base.JSON, 'CONTENT_LENGTH': None,
                    'HTTP_TRANSFER_ENCODING': 'chunked',
                    'wsgi.input': io.BytesIO(body),
                    'wsgi.input_terminated': True})):
            with self.case(name):
                response = self.send(
                    f'{self.image}/metadata', 'POST', **environ)
                self.assert_fault(response, 413, 'overLimit')
                self.assertIn(str(MAX_BODY), response.text)

    def test_deep_nesting(self) -> None:
        """So deep that to parse it, or to describe it, overflows the stack."""
        for depth in (100_000, 900, 950, 1000, 1023, 1024):
            for begin, end in ((b'[', b']'), (b'{"a":', b'}')):
                nested = begin * depth + b'1' + end * depth
                for wrapper in (b'%s', b'{"metadata": %s, "meta": %s}',
                                b'{"metadata": {"a": %s}}'):
                    with self.case(depth, begin, wrapper):
                        body = wrapper.replace(b'%s', nested)
                        self.check_rejected(body[:MAX_BODY])

    def test_lone_surrogates(self) -> None:
        for text in (r'\ud800', r'\udfff', r'\ude00\ud83d'):
            for item in ('{"%s": "v"}', '{"key": "%s"}'):
                content = item % text
                self.check_rejected(
                    f'{{"metadata": {content}, "meta": {content}}}'.encode(),
                    f'^{MALFORMED}$')

    def test_not_utf8(self) -> None:
        for text in (b'\xff', b'\xc3', b'\xed\xa0\x80', b'\xc0\x80'):
            self.check_rejected(
                b'{"metadata": {"key": "' + text + b'"}}', f'^{MALFORMED}$')
        self.check_rejected(
            '{"metadata": {"key": "v"}}'.encode('utf-16'), f'^{MALFORMED}$')

    def test_byte_order_mark(self) -> None:
        self.check_rejected(
            b'\xef\xbb\xbf{"metadata": {"key": "v"}}', f'^{MALFORMED}$')

    def test_huge_numbers(self) -> None:
        for number in ('9' * 30, '9' * 5000, '-' + '9' * 5000, '1e999'):
            self.check_rejected(
                f'{{"metadata": {{"key": {number}}}, '
                f'"meta": {{"key": {number}}}}}'.encode())

    def test_bad_keys_and_values(self) -> None:
        for key, value in (
                ('nul\0', 'v'), ('key\n', 'v'), ('key\n\n', 'v'), ('\n', 'v'),
                ('', 'v'), ('k' * 256, 'v'), ('ключ', 'v'), ('a/b', 'v'),
                ('key', 'nul\0'), ('key', '\0'), ('key', 'v' * 256)):
            for method, path, name in (
                    ('POST', 'metadata', 'metadata'),
                    ('PUT', 'metadata', 'metadata'),
                    ('PUT', 'metadata/key', 'meta')):
                with self.case(method, path, key, value):
                    self.assert_bad(self.send(
                        f'{self.image}/{path}', method,
                        body=json.dumps({name: {key: value}}).encode()))

    def test_content_types(self) -> None:
        body = b'{"metadata": {"key": "changed"}}'
        for content_type in (
                'application/x-www-form-urlencoded', '\xff', ' ', 'json',
                'multipart/form-data; boundary=x', 'application/json, x/y',
                base.JSON * 1000):
            with self.case(content_type):
                self.assert_fault(
                    self.send(f'{self.image}/metadata', 'POST', body=body,
                              CONTENT_TYPE=content_type), 415, 'badMediaType')

    def test_content_lengths(self) -> None:
        body = b'{"metadata": {"key": "changed"}}'
        for length in ('-1', 'many', '', '0', '5'):
            with self.case(length):
                self.assert_bad(self.send(
                    f'{self.image}/metadata', 'POST', body=body,
                    CONTENT_LENGTH=length))


class Queries(_TestCase):

    LISTS = ('/v2.1/images', '/v2.1/images/detail')

    def check_rejected(self, query: str, message: str = '.') -> None:
        """Fail unless both lists reject a query.

        :param message: a regular expression that each message matches
        """
        for path in self.LISTS:
            with self.case(path, query):
                self.assert_bad(self.send(path, query=query), message)

    def check_count(self, query: str, count: int) -> None:
        """Fail unless both lists have a number of images."""
        for path in self.LISTS:
            with self.case(path, query):
                response = self.send(path, query=query)
                self.assertEqual(200, response.status_int, response.text)
                self.assertEqual(count, len(response.json['images']))

    def test_limits(self) -> None:
        for name in ('limit', 'page_size', 'offset'):
            for value in ('', '0', '-1', '%2B1', '1.5', '1e3', '0x1', '1_0',
                          'ten', '%201', '1%0A', '%0A', '%D9%A1',
                          '%EF%BC%91', '%00', '0' * 5000):
                self.check_rejected(f'{name}={value}', name)

    def test_limit_of_many_digits(self) -> None:
        self.check_count('limit=' + '9' * 5000, 1)

    def test_markers(self) -> None:
        for value in (
                'nope', 'm' * 10_000, '%0A', f'{self.image_id}%0A',
                f'%7B{self.image_id}%7D', self.image_id.upper(),
                '00000000-0000-0000-0000-000000000000', '%00', '..'):
            self.check_rejected(f'marker={value}', 'marker')

    def test_times(self) -> None:
        for value in (
                '0001-01-01T00:00:00+23:00', '9999-12-31T23:59:59-23:00',
                '2026-01-31T12:00:00+99:99', '2026-02-30', '0000-01-01',
                '99999-01-01', '2026-01-31T25:00:00', '', 'never', '\0',
                '2' * 10_000):
            self.check_rejected(
                parse.urlencode({'changes-since': value}), 'changes-since')

    def test_numbers(self) -> None:
        for name in ('minRam', 'minDisk'):
            for value in ('', 'much', '1.0', '1e3', '0x10', '1%0A', '%2B1',
                          '%D9%A1', '%00'):
                self.check_rejected(f'{name}={value}', name)

    def test_numbers_that_no_image_has(self) -> None:
        for value in ('99999999999', '-1', '9' * 18, '9' * 5000):
            self.check_count(f'minRam={value}', 0)
            self.check_count(f'minDisk={value}', 0)

    def test_nul(self) -> None:
        for name in ('name', 'status', 'server', 'type', 'property-key'):
            self.check_rejected(f'{name}=a%00b', name)
        self.check_rejected('%00=x')
        self.check_rejected('property-%00=x')
        self.check_rejected('property-=x&property-key%00=x')

    def test_not_utf8(self) -> None:
        for text in ('%ff', '\xff', '%C3', '\xc3', '%ED%A0%80', '%C0%80'):
            for query in (f'name={text}', f'{text}=x', f'property-{text}=x',
                          f'marker={text}', f'limit={text}'):
                self.check_rejected(query)
                with self.case(self.image, query):
                    self.assert_bad(self.send(self.image, query=query))

    def test_names_that_no_image_has(self) -> None:
        for value in ('n' * 10_000, '%F0%9F%98%80', "'%22--%25_", '%0A'):
            for name in ('name', 'status', 'server', 'type', 'property-key',
                         f'property-{value}'):
                self.check_count(f'{name}={value}', 0)

    def test_thousands_of_parameters(self) -> None:
        self.check_count(
            '&'.join(f'p{number}=x' for number in range(5000)), 1)
        self.check_count('name=x&' * 5000 + 'name=mine', 1)

    def test_more_filters_than_a_database_can_join(self) -> None:
        """They are rejected, or no image has all of them."""
        for count in (20, 65, 100, 3000):
            query = '&'.join(
                f'property-{number}=x' for number in range(count))
            for path in self.LISTS:
                with self.case(path, count):
                    response = self.send(path, query=query)
                    if response.status_int == 200:
                        self.assertEqual([], response.json['images'])
                    else:
                        self.assert_bad(response)


class Paths(_TestCase):

    def test_newline(self) -> None:
        """A name with a newline at its end is another name."""
        image = self.image
        for end in ('\n', '\r', '\r\n', '\0', ' ', '\x0b', '\x85', '\xc2\x85'):
            for method, path, body in (
                    ('GET', f'{image}{end}', None),
                    ('DELETE', f'{image}{end}', None),
                    ('GET', f'{image}/metadata/key{end}', None),
                    ('DELETE', f'{image}/metadata/key{end}', None),
                    ('GET', f'{image}/metadata{end}', None),
                    ('PUT', f'{image}{end}/metadata', b'{"metadata": {}}')):
                with self.case(method, path):
                    self.assert_not_found(
                        self.send(path, method, body=body))

    def test_other_spellings_of_an_id(self) -> None:
        for spelling in (
                self.image_id.upper(), self.image_id.replace('-', ''),
                f'{{{self.image_id}}}', f'urn:uuid:{self.image_id}',
                f'./{self.image_id}', f'../images/{self.image_id}',
                f'{self.image_id}?', f'{self.image_id}#', '%', "'", '*'):
            for method in ('GET', 'DELETE'):
                with self.case(method, spelling):
                    self.assert_not_found(
                        self.send(f'/v2.1/images/{spelling}', method))

    def test_not_utf8(self) -> None:
        for text in ('\xff', '\xc3', '\xed\xa0\x80'):
            for path in (f'/v2.1/{text}', f'/v2.1/images/{text}',
                         f'{self.image}/{text}',
                         f'{self.image}/metadata/{text}'):
                for method in ('GET', 'PUT', 'DELETE'):
                    with self.case(method, path):
                        self.assert_not_found(self.send(path, method))

    def test_not_utf8_outside_of_a_version(self) -> None:
        for path in ('/\xff', '/v3/\xff', '/\xc3/v2.1'):
            with self.case(path):
                response = self.send(path)
                self.assertIn(response.status_int, (300, 400, 404))

    def test_very_long(self) -> None:
        for path in ('/v2.1/images/' + 'x' * 10_000,
                     '/v2.1/' + 'a' * 10_000,
                     self.image + '/metadata/' + 'k' * 10_000,
                     '/v2.1' + '/images' * 5000):
            with self.case(path):
                self.assert_not_found(self.send(path))


class Headers(_TestCase):

    def test_accept_is_never_rejected(self) -> None:
        for accept in ('', ',,,', 'application/json;q=many', '*' * 10_000,
                       'a/b;q=2', '\xff', 'text/html', '*/*;q=0',
                       'application/json;q=0', '"', ',' * 10_000):
            with self.case(accept):
                response = self.send(self.image, HTTP_ACCEPT=accept)
                self.assertEqual(200, response.status_int)
                self.assertEqual(base.JSON, response.content_type)

    def test_hosts(self) -> None:
        """An invalid host cannot be in a link: the request is rejected, or
        the links have the server's own name.
        """
        for host in ('', '/', ' ', 'a b', '[::1', 'a:b:c', 'x/y', '?', '#',
                     'a@b', '\xff', 'x' * 10_000):
            for path in ('/', '/v2.1/images', self.image):
                with self.case(path, host):
                    response = self.send(path, HTTP_HOST=host)
                    self.assertIn(response.status_int, (200, 400))
                    if response.status_int == 400:
                        self.assert_bad(response)

    def test_microversions(self) -> None:
        for version in ('2.\xb2', '2.-1', '\xff', '02.1', '2.', '2,1'):
            with self.case(version):
                self.assert_bad(self.send(
                    self.image, HTTP_X_OPENSTACK_NOVA_API_VERSION=version))
        faults = {400: 'badRequest', 406: 'computeFault'}
        for version in ('2.' + '9' * 5000, '9' * 5000 + '.1'):
            with self.case(version):
                response = self.send(
                    self.image,
                    HTTP_OPENSTACK_API_VERSION=f'compute {version}')
                self.assert_fault(
                    response, response.status_int,
                    faults[response.status_int])

    def test_tokens(self) -> None:
        for token in ('', ':', 'a:', ':b', 'a:b:', 'a:b:c:d', 'a:b\n', '\xff',
                      'x' * 100_000):
            with self.case(token):
                response = self.send(self.image, HTTP_X_AUTH_TOKEN=token)
                self.assertEqual(401, response.status_int)
                self.assertEqual(401, response.json['error']['code'])


class DuplicateKeys(base.TestCase):

    def test_the_last_counts(self) -> None:
        service = self.make_service()
        path = METADATA.format(service.add_image())
        response = base.send(service, path, 'POST', body=(
            b'{"metadata": {"lost": "1"}, '
            b'"metadata": {"key": "1", "key": "2"}}'))
        self.assertEqual({'metadata': {'key': '2'}}, response.json)
        self.assertEqual({'metadata': {'key': '2'}}, base.send(
            service, path).json)
