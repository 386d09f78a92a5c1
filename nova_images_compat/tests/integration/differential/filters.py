# SPDX-License-Identifier: Apache-2.0

"""Generates query strings of lists with hypothesis."""

from urllib import parse

from hypothesis import strategies as st

from nova_images_compat.tests.integration.differential import bodies

SERVER = '11111111-2222-3333-4444-555555555555'

NAMES = st.one_of(
    st.sampled_from((
        'plain', 'plain', 'Plain', 'bravo: a "snapshot", 1', '', 'theirs',
        'зображення ✓', 'in:plain', 'in:plain,theirs', 'in:"plain"', 'in:',
        'eq:plain', 'neq:plain', 'gt:a', 'x:y', ':', '::', 'plain ', '%',
        'pl_in', 'pla%', "'", "' OR 1=1 --", '"', '\\', 'in:"', '💾',
        'a' * 255, 'a' * 256, 'null', 'None', 'like:p%')),
    st.text(st.characters(exclude_categories=['Cs']), max_size=6))
STATUSES = st.one_of(
    st.sampled_from((
        'ACTIVE', 'SAVING', 'ERROR', 'DELETED', 'UNKNOWN', 'active', 'queued',
        'saving', 'deleted', 'killed', 'deactivated', 'pending_delete',
        'importing', 'uploading', 'Active', 'Saving', '', 'bogus',
        'in:active,queued', 'ACTIVE,SAVING', 'neq:active', ' active',
        'active ', 'AKTİVE', '%', "'", 'x' * 300)),
    st.text(max_size=3))
SERVERS = st.sampled_from((
    SERVER, f'http://compute.example/v2.1/servers/{SERVER}', f'/{SERVER}',
    f'{SERVER}/', f'x/{SERVER}/', '', '/', '//', 'nope', SERVER.upper(),
    f'in:{SERVER}', f'servers/{SERVER}?a=b', f'http://x/{SERVER}//'))
TYPES = st.sampled_from((
    'snapshot', 'snapshot', 'base', '', 'Snapshot', 'in:snapshot', 'a:b',
    'snapshot '))
NUMBERS = st.one_of(
    st.sampled_from((
        '512', '512', '3', '0', '1', '2', '-1', '', 'x', '1.5', '512.0',
        '0512', '+512', ' 512', '512 ', '1e2', '0x10', '٣', 'in:512',
        'gte:512', '2147483647', '2147483648', '99999999999999999999',
        '-99999999999999999999', 'None', 'true', '5' * 400)),
    st.integers(-10, 1000).map(str))
TIMES = st.sampled_from((
    '2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2026-01-31T12:00:04Z',
    '2026-01-31T12:00:04', '2026-01-31T12:00:04.5Z', '2026-01-31',
    '2026-01-31T14:00:04+02:00', '2026-01-31 12:00:04', '2026-01',
    '2026', '20260131T120004Z', '2026-01-31T12:00Z', '2026-01-31T12Z',
    'yesterday', '', '0', '-1', '0000-00-00T00:00:00Z', '1769860804',
    '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-02-30T00:00:00Z',
    '2026-01-31T24:00:00Z', '2026-01-31T12:00:60Z', '2026-W05-6',
    '2026-01-31T12:00:04-25:00', '2026-01-31t12:00:04z', 'lt:2026-01-31',
    '2026-01-31T12:00:04Z,', ' 2026-01-31T12:00:04Z', '9999-12-31T23:59:59-01',
    '0001-01-01T00:00:00+01:00', '2026-031', '2026-01-31T12:00:04,5Z'))
LIMITS = st.one_of(
    st.sampled_from((
        '1', '2', '3', '0', '-1', '', 'x', '1.5', '01', '00', '000', '+1',
        ' 1', '1 ', '1\n', '٣', '1e1', '1000', '1001', '99999999999999999999',
        '0x1', '1,2', 'None', '9' * 40, '1_0', '²')),
    st.integers(1, 10).map(str))
MARKERS = st.sampled_from((
    '{plain}', '{plain}', '{snapshot}', '{queued}', '{off}', '{public}',
    '{private}', '{theirs}', '{protected}', '{imported}', '{PLAIN}', 'nope',
    '', '00000000-0000-0000-0000-000000000000', '{plain} ', '{plain}&limit=1',
    '{plain}\n', "'", '✓', '%', '{plain}#', 'None', '0', '{plain}/'))
VALUES = st.one_of(
    st.sampled_from((
        'v', 'v', 'V', '', 'linux', 'snapshot', 'x:y', 'nokernel', 'True',
        'in:v', 'in:v,V', 'eq:v', 'v ', "'", '%', 'i', '{}', '0', 'true',
        '{plain}', 'red', '512', '2026-01-31T12:00:04Z', 'public', 'active',
        SERVER, '✓', '💾', 'x' * 300, 'asc', 'desc', 'name', 'name:asc',
        '[{"device_name": "vda", "n": 1}]')),
    st.text(st.characters(exclude_categories=['Cs']), max_size=5))
PROPERTY_KEYS = st.one_of(
    bodies.EXISTING_KEYS, bodies.EXISTING_KEYS, bodies.EXISTING_KEYS,
    bodies.KEYS,
    st.sampled_from((
        'limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'member_status',
        'tag', 'name', 'id', 'visibility', 'owner', 'os_hidden', 'size_min',
        'size_max', 'absent', '', 'property-k', 'changes-since', 'checksum')))
UNKNOWN = st.sampled_from((
    'sort', 'sort_key', 'sort_dir', 'visibility', 'owner', 'id', 'tag',
    'foo', '', 'Name', 'LIMIT', 'minram', 'min_ram', 'is_public', 'size_min',
    'property_k', 'Property-k', 'propertyk', 'member_status', 'changes_since',
    'x\0', '✓', 'filters', 'all_tenants', 'deleted', 'metadata', 'format'))


def _named(name: str, values: st.SearchStrategy[str]) -> (
        st.SearchStrategy[tuple[str, str]]):
    return values.map(lambda value: (name, value))


PARAMETERS = st.one_of(
    _named('name', NAMES), _named('status', STATUSES),
    _named('server', SERVERS), _named('type', TYPES),
    _named('minRam', NUMBERS), _named('minDisk', NUMBERS),
    _named('changes-since', TIMES), _named('limit', LIMITS),
    _named('limit', st.sampled_from(('1', '2', '5'))),
    _named('page_size', LIMITS), _named('offset', LIMITS),
    _named('marker', MARKERS),
    st.tuples(PROPERTY_KEYS.map('property-{}'.format), VALUES),
    st.tuples(PROPERTY_KEYS.map('property-{}'.format), VALUES),
    st.tuples(UNKNOWN, VALUES))

# Parts of query strings that no careful client writes.
ODD_PARTS = st.sampled_from((
    '', '&', '=', '=x', 'limit', 'name', 'name=%', 'name=%zz', 'name=%FF',
    '%FF=x', 'name=%C3', 'name=a+b', 'name=%2Bplain', 'limit=1;name=plain',
    'name=plain;limit=1', 'name=plain=x', '?limit=1', 'limit=%31', 'li%6Dit=1',
    'limit%3D1', 'name=%00', 'property-k', 'property-', 'marker',
    'status=%E2%9C', 'limit[]=1', 'name[]=plain', '#', '%', '+=1',
    'property-k=v%00', 'property-%00=v', 'minRam', 'type=%0A',
    'name=%0Aplain'))


def _joined(parameters: list[tuple[str, str]], parts: list[str]) -> str:
    return '&'.join([
        *(f'{_quote(name)}={_quote(value)}' for name, value in parameters),
        *parts])


def _quote(text: str) -> str:
    """Quote a part of a query string, except placeholders."""
    return parse.quote(text, safe='{}:/,', errors='surrogatepass')


def queries() -> st.SearchStrategy[str]:
    """Return query strings without the question mark; many are empty."""
    parameters = st.lists(PARAMETERS, max_size=3)
    return st.one_of(
        st.builds(_joined, parameters, st.just([])),
        st.builds(_joined, parameters, st.just([])),
        st.builds(_joined, parameters, st.just([])),
        st.builds(_joined, st.lists(PARAMETERS, min_size=4, max_size=6),
                  st.just([])),
        st.builds(_joined, parameters, st.lists(
            ODD_PARTS, min_size=1, max_size=2)))
