# SPDX-License-Identifier: Apache-2.0

"""Generates requests for both servers with hypothesis."""

from typing import Any
from urllib import parse

import hypothesis
from hypothesis import strategies as st

from nova_images_compat.tests.integration.differential import bodies
from nova_images_compat.tests.integration.differential import filters
from nova_images_compat.tests.integration.differential import sender

# The number of similar examples that hypothesis generates in a row.
COPIES = 6

SERVER = '11111111-2222-3333-4444-555555555555'

# The images of the requests.
IMAGES: list[dict[str, Any]] = [
    {'as': 'plain', 'name': 'plain', 'os_type': 'linux', 'k': 'v'},
    {'as': 'snapshot', 'name': 'bravo: a "snapshot", 1', 'min_ram': 512,
     'min_disk': 3, 'image_type': 'snapshot', 'instance_uuid': SERVER,
     'auto_disk_config': 'True', 'kernel_id': SERVER, 'tags': ['red'],
     'data': 'x' * 100},
    {'as': 'queued', 'name': 'plain', 'data': None, 'auto_disk_config': '',
     'min_ram': 512},
    {'as': 'public', 'name': 'зображення ✓', 'visibility': 'public',
     'os_type': 'windows', 'k': ''},
    {'as': 'off', 'name': '', 'deactivate': True,
     'with space': 'v', 'a.b:c-d_e': 'x:y', 'image_id': 'i'},
    {'as': 'theirs', 'owner': 'other', 'visibility': 'community',
     'name': 'theirs', 'k': 'v'},
    {'as': 'private', 'owner': 'other', 'visibility': 'private', 'k': 'v'},
    {'as': 'protected', 'name': 'in:plain', 'protected': True,
     'block_device_mapping': '[{"device_name": "vda", "n": 1}]',
     'mappings': '{}', 'K2': 'V'},
    {'as': 'imported', 'name': 'imported', 'import': True, 'data': 'yyyy',
     'k': 'V'},
]
ALIASES = [image['as'] for image in IMAGES]

USERS = st.sampled_from(
    ['member'] * 12 + ['reader', 'other', 'admin'] * 2 + [None, 'bad'])

ROOTS = st.sampled_from(
    ['/v2.1'] * 6 + ['/v2.1/{project}'] * 6 + ['/v2'] * 3
    + ['/v2/{project}'] * 2)
ODD_ROOTS = st.sampled_from((
    '/v2.1/{other_project}', '/v2.1/{PROJECT}', '/v2.1/not-hex', '/v2.1/-',
    '/v2.1/0', '/v2.1//', '//v2.1', '/v2.1//{project}/', '/v2/{PROJECT}',
    '/v2/{other_project}', '', '/v3', '/v2.0', '/V2.1', '/v2.1/images',
    '/v2.1/%7Bproject%7D', '/v2.1/{project}%20', '/v2%2E1', '/v1.1',
    '/v2.1/{project}/{project}', '/v2.1%2F{project}', '/v2.1/a'))

IDS = st.sampled_from(
    [f'{{{alias}}}' for alias in ALIASES] * 3
    + [f'{{{alias.upper()}}}' for alias in ALIASES[:3]])
ODD_IDS = st.sampled_from((
    'nope', '00000000-0000-0000-0000-000000000000', '{plain}.json',
    '{plain}%20', '%20{plain}', '%7B{plain}%7D', 'urn:uuid:{plain}',
    '{plain}%0A', '{plain}%00', '{plain}%FF', '%FF', '%00', '%', '%zz',
    '{plain}%2F', '{plain};v=1', '{plain}?', '{plain},{queued}', 'detail.json',
    'details', 'DETAIL', '%64etail', '.', '..', '%2e%2e', '%2E', "'", '%22',
    '*', '0', '-1', 'x' * 300, '%E2%9C%93', 'images', 'metadata',
    '11111111222233334444555555555555', 'schemas', '{project}', '%23', '+'))

ODD_TAILS = st.sampled_from((
    '/', '//', '/members', '/file', '/metadata/', '/metadata.json',
    '/metadata/k/', '/metadata/k/x', '/metadata//k', '/Metadata', '/METADATA',
    '/action', '/metadata/k.json', '/.', '/..', '.xml', '/metadata/%2F',
    '/metadata;x', '%2Fmetadata', '/tags/red', '/metadata%20', '/detail'))

MICROVERSIONS = st.one_of(
    st.sampled_from((
        '2.1', '2.2', '2.35', '2.36', '2.38', '2.39', 'latest', '2.96',
        '2.104', '2.999', '2.0', '1.1', '3.0', '2', '2.01', '02.1', '2.1.1',
        '', 'x', '2.x', '-2.1', '2.-1', ' 2.36', '2.36 ', 'LATEST', 'Latest',
        '2,36', '2.1, 2.36', '+2.1', '٢.١', '2.1e1', '0x2.1',
        '99999999999999999999.1')),
    st.builds('2.{}'.format, st.integers(0, 110)))
STANDARD_VERSIONS = st.one_of(
    MICROVERSIONS.map('compute {}'.format),
    st.sampled_from((
        'compute', '', 'identity 3.0', 'nova 2.36', '2.36', 'COMPUTE 2.36',
        'compute  2.36', 'compute=2.36', 'compute 2.36, identity 3.0',
        'identity 3.0,compute 2.36', 'compute 2.1, compute 2.36',
        'compute 2.36,', ',', 'compute\t2.36', 'compute 2.1 2.36',
        'computer 2.36')))

ACCEPTS = st.sampled_from((
    'application/json', '*/*', 'application/*', 'application/xml', '',
    'application/vnd.openstack.compute+json', 'text/html, */*;q=0.1',
    'application/json;q=0', '*/*;q=0', 'nonsense', 'application/atom+xml',
    'application/json;version=2', 'application/json;version=2.1',
    'application/vnd.openstack.compute+json;version=2.1', ',', ';q=x',
    'text/html;q=0.5, application/json', 'APPLICATION/JSON',
    'application/vnd.openstack.compute+json;q=0.9, application/json;q=0.1',
    'application/vnd.openstack.compute+json, application/json'))
CONTENT_TYPES = st.sampled_from((
    'application/json', 'application/json; charset=utf-8', 'text/plain',
    'application/json; charset=latin-1', 'application/json;charset=nonsense',
    'application/vnd.openstack.compute+json', 'application/xml', 'text/html',
    '', 'nonsense', 'APPLICATION/JSON', 'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x', 'text/plain; charset=utf-16',
    'application/json, text/html', ';', 'application/octet-stream',
    'application/vnd.openstack.compute+xml', 'text/json'))


def _rarely(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> (
        st.SearchStrategy[Any]):
    return st.integers(0, 9).flatmap(
        lambda number: odd if number == 9 else usual)


def _quote(key: str) -> str:
    return parse.quote(key, safe='', errors='surrogatepass')


@st.composite
def _headers(draw: st.DrawFn, with_body: bool = False) -> dict[str, str]:
    headers = {}
    kind = draw(st.integers(0, 19))
    if kind in (1, 2, 3):
        headers['OpenStack-API-Version'] = draw(STANDARD_VERSIONS)
    if kind in (3, 4):
        headers['X-OpenStack-Nova-API-Version'] = draw(MICROVERSIONS)
    if kind in (5, 6):
        headers['Accept'] = draw(ACCEPTS)
    if kind == 7 or with_body and kind in (8, 9):
        headers['Content-Type'] = draw(CONTENT_TYPES)
    if kind == 10:
        headers.update(draw(st.sampled_from((
            {'X-Project-Id': '{other_project}', 'X-Roles': 'admin'},
            {'X-Identity-Status': 'Confirmed', 'X-User-Id': 'x'},
            {'X-Openstack-Request-Id': 'req-nonsense'},
            {'Accept-Language': 'de, en;q=0.5'},
            {'X-HTTP-Method-Override': 'DELETE'},
            {'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'x.example'},
            {'Range': 'bytes=0-1'},
            {'If-None-Match': '*'},
            {'X-Auth-Project-Id': 'x'},
            {'Origin': 'https://dashboard.example'},
            {'Host': 'api.example'},
            {'Host': 'api.example:8774'}))))
    # Headers must be Latin-1.
    return {name: value.encode('utf-8').decode('latin-1')
            for name, value in headers.items()}


def _step(method: str, path: str, user: str | None, headers: dict[str, str],
          content: dict[str, Any]) -> sender.Step:
    step: dict[str, Any] = {'method': method, 'path': path}
    if user != 'member':
        step['as'] = user
    if headers:
        step['headers'] = headers
    return {**step, **content}


@st.composite
def _path(draw: st.DrawFn, tails: st.SearchStrategy[str]) -> str:
    root = draw(_rarely(ODD_ROOTS, ROOTS))
    tail = draw(_rarely(ODD_TAILS, tails))
    return f'{root}/images/{draw(_rarely(ODD_IDS, IDS))}{tail}'


@st.composite
def documents(draw: st.DrawFn) -> sender.Step:
    """Requests for the documents of versions."""
    path = draw(st.one_of(ROOTS, ODD_ROOTS)) + draw(st.sampled_from((
        '', '/', '/', '//', '/x', '?limit=1', '.json')))
    method = draw(st.sampled_from(
        ('GET',) * 5 + ('POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS')))
    return _step(
        method, path if path.startswith('/') else f'/{path}',
        draw(st.sampled_from(('member', None, None, 'bad'))),
        draw(_headers()), {})


@st.composite
def lists(draw: st.DrawFn) -> sender.Step:
    """Requests for lists."""
    path = draw(_rarely(ODD_ROOTS, ROOTS)) + draw(
        st.sampled_from(('/images', '/images/detail')))
    query = draw(filters.queries())
    return _step('GET', path + (f'?{query}' if query else ''), draw(USERS),
                 draw(_headers()), {})


@st.composite
def reads(draw: st.DrawFn) -> sender.Step:
    """Requests for one image, or for its metadata."""
    tails = st.one_of(
        st.just(''), st.just('/metadata'),
        bodies.KEYS.map(lambda key: f'/metadata/{_quote(key)}'))
    path = draw(_path(tails))
    if draw(st.integers(0, 9)) == 9:
        path += f'?{draw(filters.queries())}'
    method = draw(st.sampled_from(('GET',) * 15 + ('HEAD', 'OPTIONS')))
    return _step(method, path, draw(USERS), draw(_headers()), {})


@st.composite
def writes(draw: st.DrawFn) -> sender.Step:
    """Requests that may change an image."""
    kind = draw(st.sampled_from((
        'POST', 'POST', 'PUT all', 'PUT all', 'PUT', 'PUT', 'DELETE key',
        'DELETE key', 'DELETE', 'any')))
    method = kind.partition(' ')[0]
    key = draw(bodies.KEYS)
    tail, content = '/metadata', {}
    if kind in ('POST', 'PUT all'):
        content = draw(bodies.documents())
    elif kind == 'PUT':
        tail = f'/metadata/{_quote(key)}'
        content = draw(bodies.items(key))
    elif kind == 'DELETE key':
        tail = f'/metadata/{_quote(key)}'
    elif kind == 'DELETE':
        tail = ''
    else:
        method = draw(st.sampled_from(('PATCH', 'POST', 'PUT', 'DELETE')))
        tail = draw(st.sampled_from(('', '/metadata', '/metadata/k')))
        content = draw(bodies.documents())
    return _step(
        method, draw(_path(st.just(tail))), draw(USERS),
        draw(_headers(with_body=bool(content))), content)


def make_up(
    strategy: st.SearchStrategy[sender.Step], count: int, randomly: bool,
) -> list[sender.Step]:
    """Generate requests.

    Most examples of hypothesis are copies of others with a small change, so
    only one of ``COPIES`` is used.

    :param count: the number of requests
    :param randomly: whether the requests differ in each run
    """
    steps = []

    @hypothesis.settings(
        database=None, deadline=None, derandomize=not randomly,
        max_examples=count * COPIES, phases=(hypothesis.Phase.generate,),
        suppress_health_check=(hypothesis.HealthCheck.too_slow,))
    @hypothesis.given(strategy)
    def collect(step: sender.Step) -> None:
        steps.append(step)

    collect()
    return steps[::COPIES]
