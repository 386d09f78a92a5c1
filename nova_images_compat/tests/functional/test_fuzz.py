# SPDX-License-Identifier: Apache-2.0

"""Random requests: none is answered by a server error."""

import json
import logging
from typing import Any
from urllib import parse

import fixtures as third_party_fixtures
import hypothesis
from hypothesis import strategies

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

IMAGE_ID = '0f0f0f0f-0000-4000-8000-000000000001'
EXAMPLES = 1500

METHODS = ('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'X')
PARAMETERS = (
    'name', 'status', 'server', 'type', 'minRam', 'minDisk', 'changes-since',
    'limit', 'marker', 'page_size', 'offset', 'property-key')

# One character per byte, as in a WSGI environ.
bytes_text = strategies.text(strategies.characters(max_codepoint=0xff))
text = strategies.text()
utf8 = text.filter(str.isprintable) | bytes_text


def either(*usual: str) -> Any:
    """Return a strategy of mostly the usual texts, and some random ones."""
    return strategies.sampled_from(usual) | strategies.sampled_from(
        usual) | bytes_text


segments = strategies.lists(
    either('images', 'detail', IMAGE_ID, 'metadata', 'key', '',
           fixtures.PROJECT), max_size=5)
known_paths = strategies.sampled_from((
    '/v2.1/images', '/v2.1/images/detail', f'/v2.1/images/{IMAGE_ID}',
    f'/v2.1/images/{IMAGE_ID}/metadata',
    f'/v2.1/images/{IMAGE_ID}/metadata/key'))
made_up_paths = strategies.builds(
    lambda root, names: '/'.join(('', root, *names)),
    either('v2.1', 'v2', 'v3', ''), segments)

numbers = strategies.integers().map(str)
times = strategies.datetimes(
    timezones=strategies.timezones() | strategies.none(),
).map(lambda time: time.isoformat())
values = text | numbers | times | strategies.just(IMAGE_ID)
queries = strategies.lists(strategies.tuples(
    either(*PARAMETERS), values)).map(
        lambda pairs: parse.urlencode(pairs, errors='surrogatepass'))

documents = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.floats() | text,
    lambda inner: strategies.lists(inner) | strategies.dictionaries(
        text | strategies.sampled_from(('metadata', 'meta', 'key')), inner))
items = strategies.dictionaries(text, text | documents, max_size=4)
bodies = strategies.one_of(
    strategies.binary(),
    documents.map(lambda document: json.dumps(document).encode()),
    strategies.builds(
        lambda name, content: json.dumps({name: content}).encode(),
        strategies.sampled_from(('metadata', 'meta')), items))

headers = strategies.dictionaries(
    strategies.sampled_from((
        'HTTP_ACCEPT', 'CONTENT_TYPE', 'HTTP_OPENSTACK_API_VERSION',
        'HTTP_X_OPENSTACK_NOVA_API_VERSION', 'HTTP_X_OPENSTACK_REQUEST_ID',
        'HTTP_X_AUTH_TOKEN', 'HTTP_X_FORWARDED_FOR', 'HTTP_X_ROLES',
        'HTTP_HOST', 'HTTP_ORIGIN', 'HTTP_RANGE', 'HTTP_IF_NONE_MATCH')),
    either(base.JSON, '*/*', 'compute 2.1', 'compute latest', '2.36',
           'compute 3.0', fixtures.TOKENS['admin'], fixtures.TOKENS['reader']),
    max_size=3)


class Fuzz(base.TestCase):

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True,
        database=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(
        method=strategies.sampled_from(METHODS),
        path=known_paths | made_up_paths, query=queries | bytes_text,
        body=strategies.none() | bodies, environ=headers)
    def _check(
        self, method: str, path: str, query: str, body: bytes | None,
        environ: dict[str, str],
    ) -> None:
        response = base.send(
            self.service, path, method, query, body, **environ)
        code = response.status_int
        self.codes.add(code)
        self.assertLess(
            code, 500, f'{method} {path!r} {query!r} {body!r} {environ}')
        if code < 400 or method == 'HEAD':
            return
        self.assertIn('x-compute-request-id', response.headers)
        ((name, fault),) = response.json.items()
        self.assertEqual(base.JSON, response.content_type)
        self.assertEqual(code, fault['code'])
        self.assertNotEqual('', fault['message'])
        if code != 401:
            self.assert_fault(response, code, name)

    def test_no_request_is_a_server_error(self) -> None:
        # Nobody can read the logs of so many requests.
        self.useFixture(third_party_fixtures.FakeLogger(
            level=logging.CRITICAL))
        self.service = self.make_service()
        self.service.add_image(
            id=IMAGE_ID, protected=True, key='value')
        self.codes: set[int] = set()
        self._check()
        self.assertLessEqual({200, 400, 401, 404, 406, 415}, self.codes)
        response = self.service.request(f'/v2.1/images/{IMAGE_ID}')
        self.assertEqual(200, response.status_int)
