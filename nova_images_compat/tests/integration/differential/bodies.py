# SPDX-License-Identifier: Apache-2.0

"""Generates valid and invalid metadata with hypothesis."""

import json
import string
from typing import Any

from hypothesis import strategies as st

from nova_images_compat.image import base as image_base

KEY_CHARACTERS = string.ascii_letters + string.digits + '-_:. '

EXISTING_KEYS = st.sampled_from((
    'k', 'k', 'os_type', 'image_type', 'instance_uuid', 'kernel_id',
    'auto_disk_config', 'with space', 'a.b:c-d_e', 'image_id', 'K2',
    'block_device_mapping', 'mappings'))
ATTRIBUTES = st.sampled_from(sorted(image_base.IMAGE_ATTRIBUTES) + [
    'is_public', 'deleted', 'deleted_at', 'properties', 'location'])
SPECIAL_KEYS = st.sampled_from((
    'ramdisk_id', 'remove_props', 'os_glance_import_task',
    'os_glance_failed_import', 'os_glance_x', 'purge_props', 'K', 'Name',
    'NAME', 'self ', ' k', 'k ', '.', '..', '-', ':', ' ', 'data', 'image',
    'server', 'limit', 'marker', 'sort', '__class__', 'schema2', 'x' * 255,
    'locations2', 'owner_id', 'project_id', 'user_id', 'additionalProperties',
    'k0', 'items', 'get', 'keys', 'update', 'changes', 'original', 'copy',
    'os_hidden ', 'virtual_size2', 'cinder_encryption_key_id'))
ODD_KEYS = st.one_of(
    st.sampled_from((
        '', 'x' * 256, 'a/b', 'a~b', 'a~1b', 'ключ', 'k\n', '\n', 'k\0', '\0',
        'a=b', 'é', '✓', '💾', 'a\tb', '"', '\\', '%', '#', '?', '+', '&',
        'k\r', '/', '~', '{}', '[0]', '*', '٣')),
    st.text(st.characters(exclude_categories=['Cs']), max_size=8))
KEYS = st.one_of(
    EXISTING_KEYS, EXISTING_KEYS, ATTRIBUTES, SPECIAL_KEYS,
    st.text(KEY_CHARACTERS, min_size=1, max_size=12), ODD_KEYS)
GOOD_KEYS = st.one_of(
    EXISTING_KEYS, EXISTING_KEYS,
    st.text(KEY_CHARACTERS, min_size=1, max_size=12), SPECIAL_KEYS)

GOOD_VALUES = st.one_of(
    st.sampled_from((
        'v', 'V', 'v ', '', 'linux', 'none', 'None', ' ', 'true', 'null',
        '[]', '{}', '[{"a": 1}]', 'nonsense {', '"text"', '1', 'x' * 255,
        'значення ✓', 'é' * 255, 'a\nb', '\t', '\\', "'", '{k}')),
    st.text(st.characters(
        exclude_categories=['Cs'], exclude_characters='\0'), max_size=12))
ODD_VALUES = st.one_of(
    st.sampled_from(('x' * 256, 'é' * 256, '\0', 'a\0b', '💾', '💾' * 128)),
    st.none(), st.booleans(), st.integers(-2 ** 70, 2 ** 70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just([]), st.just({}), st.just(['v']), st.just({'a': 'b'}))

MANY_ITEMS = st.integers(126, 130).map(
    lambda count: {f'n{number}': 'v' for number in range(count)})
METADATA = st.integers(0, 49).flatmap(
    lambda number: MANY_ITEMS if number == 49 else st.one_of(
        st.dictionaries(GOOD_KEYS, GOOD_VALUES, max_size=3),
        st.dictionaries(GOOD_KEYS, GOOD_VALUES, max_size=3),
        st.dictionaries(GOOD_KEYS, GOOD_VALUES, max_size=3),
        st.dictionaries(KEYS, GOOD_VALUES, max_size=3),
        st.dictionaries(GOOD_KEYS, ODD_VALUES, min_size=1, max_size=2)))

# Documents that replace a whole request body.
ODD_DOCUMENTS: st.SearchStrategy[Any] = st.sampled_from((
    None, [], {}, 'x', 0, 1.5, True, [{}], [[]], {'metadata': None},
    {'metadata': []}, {'metadata': 'x'}, {'metadata': 1},
    {'metadata': [{'k': 'v'}]}, {'meta': {'k': 'v'}}, {'Metadata': {}},
    {'metadata': {}, 'meta': {}}, {'metadata': {'metadata': {'k': 'v'}}},
    {'meta': None}, {'meta': []}, {'meta': {}}, {'meta': 'k'},
    {'': {}}, {'server': {}}))
ODD_TEXTS = st.sampled_from((
    '', ' ', '{', '}', 'null', 'nonsense', '{"metadata": {"k": "v"}',
    '{"metadata": {"k": "v"}} x', '{"metadata": {"k": "1", "k": "2"}}',
    '{"metadata": {"k": "1"}, "metadata": {"n": "2"}}',
    "{'metadata': {'k': 'v'}}", '{"metadata": {"k": NaN}}', 'NaN',
    '{"metadata": {"k": Infinity}}', '{"metadata": {"k": 1e999}}',
    '{"metadata": {"k": "v",}}', '\ufeff{"metadata": {"k": "v"}}',
    '{"metadata": {"k": "\\ud800"}}', '{"metadata": {"\\ud800": "v"}}',
    '{"metadata": {"k": "\\u0000"}}', '{"metadata": {"k": "a\tb"}}',
    '{"metadata": {"k": "\\x"}}', '{"metadata": {"k": "\\ud83d\\udcbe"}}',
    '{"meta": {"k": "1", "k": "2"}}', '{"meta": {"k": "1"}, "meta": {}}',
    '\n\n{"metadata": {"n": "v"}}\n', '[' * 200 + ']' * 200, '-', '0123',
    '/* */ {"metadata": {}}', '{"metadata": {"k": "v"}}\0'))


def _extended(document: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from((
        document, document, document, document,
        {**document, 'extra': 1}, {**document, '': None}))


def _written(document: Any) -> st.SearchStrategy[dict[str, Any]]:
    raw = json.dumps(document, ensure_ascii=False)
    return st.sampled_from((
        {'body': document}, {'body': document}, {'raw': raw}))


ODD_CONTENTS = st.one_of(
    ODD_DOCUMENTS.map(lambda document: {'body': document}),
    ODD_TEXTS.map(lambda text: {'raw': text}))


def _usually(
    content: st.SearchStrategy[dict[str, Any]],
) -> st.SearchStrategy[dict[str, Any]]:
    return st.integers(0, 4).flatmap(
        lambda number: ODD_CONTENTS if number == 4 else content)


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies ("body" or "raw") for POST and PUT .../metadata."""
    return _usually(
        METADATA.map(lambda metadata: {'metadata': metadata})
        .flatmap(_extended).flatmap(_written))


def items(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies for PUT .../metadata/{key}."""
    fitting = st.one_of(GOOD_VALUES, GOOD_VALUES, GOOD_VALUES, ODD_VALUES).map(
        lambda value: {key: value})
    return _usually(
        st.one_of(fitting, fitting, fitting, METADATA)
        .map(lambda item: {'meta': item})
        .flatmap(_extended).flatmap(_written))
