# SPDX-License-Identifier: Apache-2.0

"""Recognises the causes of differences by the request and both responses."""

import json
import re
from typing import Any
from urllib import parse

from nova_images_compat.api.schemas import parameter_types
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import images
from nova_images_compat.image.glance import patches
from nova_images_compat.image import status
from nova_images_compat.tests.integration.differential import compare
from nova_images_compat.tests.integration.differential import sender

Found = compare.Difference

IMAGES = ('/images', '/images/detail')


def is_list(found: Found) -> bool:
    return found.method == 'GET' and found.path.endswith(IMAGES)


def answers(found: Found, nova: int, ours: int) -> bool:
    return found.nova.status == nova and found.ours.status == ours


def sent(found: Found) -> dict[str, Any]:
    """Return the metadata in the body of the request."""
    metadata: dict[str, Any] = {}
    for name in ('metadata', 'meta'):
        if isinstance(found.body, dict) and isinstance(
                items := found.body.get(name), dict):
            metadata.update(items)
    return metadata


def names_an_attribute(found: Found) -> bool:
    return (
        found.ours.status == 400 and found.nova.status in (200, 403, 500)
        and not (image_base.IMAGE_ATTRIBUTES | patches.NOT_KEPT).isdisjoint(
            sent(found)))


def drops_none(found: Found) -> bool:
    """Nova does not store these two keys if they are "none" or empty."""
    return found.aspects <= {'body', 'images'} and any(
        key in ('kernel_id', 'ramdisk_id') and isinstance(value, str)
        and value.strip().lower() in ('none', '')
        for key, value in sent(found).items())


def is_invalid_json(found: Found) -> bool:
    text = found.step.get('raw', '')
    return found.ours.status == 400 and bool(
        re.search(r'NaN|Infinity|1e999|\\ud[89a-f]', text))


def holds_text_for_json(found: Found) -> bool:
    return found.nova.status == 500 and found.ours.status < 300 and any(
        key in image_base.JSON_KEYS for key in sent(found))


def overflows_the_calendar(found: Found) -> bool:
    return is_list(found) and answers(found, 500, 400) and any(
        name == 'changes-since' for name, value in found.parameters)


def holds_nul(found: Found) -> bool:
    request = json.dumps([found.body, found.parameters])
    return found.ours.status == 400 and '\\u0000' in request


def moves_a_value(found: Found) -> bool:
    return (
        found.method == 'PUT' and found.path.endswith('/metadata')
        and found.nova.status == 500 and found.ours.status in (200, 403))


def filters_by_property(found: Found) -> bool:
    keys = [name.removeprefix('property-') for name, value in found.parameters
            if name.startswith('property-')]
    return is_list(found) and any(
        key.lstrip('property-') != key for key in keys)


def filters_by_status(found: Found) -> bool:
    return is_list(found) and answers(found, 200, 200) and any(
        name == 'status' and (
            value.upper() in status.SHOWN_AS.values()
            or value != value.strip())
        for name, value in found.parameters)


def has_no_route(found: Found) -> bool:
    return found.nova.status == found.ours.status == 404 and (
        found.method == 'HEAD' or (
            found.nova.fault != 'itemNotFound'
            and found.ours.body == {'itemNotFound': {'code': 404}}))


def queries_metadata(found: Found) -> bool:
    return (
        found.method == 'GET' and '/metadata' in found.path
        and '?' in found.step['path'] and found.nova.status in (400, 500))


def filters_by_invalid_number(found: Found) -> bool:
    return is_list(found) and found.ours.status == 400 and any(
        name in ('minRam', 'minDisk') and not re.fullmatch('-?[0-9]+', value)
        for name, value in found.parameters)


def replaces_imported(found: Found) -> bool:
    return (
        found.method == 'PUT' and found.path.endswith('/metadata')
        and answers(found, 403, 200)
        and any('os_glance_failed_import' in image
                for image in found.ours.images.values() if image))


def is_rejected_by_glance(found: Found) -> bool:
    """Glance rejects characters that its database cannot store."""
    return (
        found.method in ('POST', 'PUT') and answers(found, 500, 400)
        or answers(found, 403, 400) and bool(re.search(
            '[\U00010000-\U0010ffff]',
            json.dumps(found.body, ensure_ascii=False))))


def names_with_a_colon(found: Found) -> bool:
    return is_list(found) and any(
        name in ('name', 'status') and ':' in value
        for name, value in found.parameters)


def filters_by_parameter_of_glance(found: Found) -> bool:
    names = {f'property-{key}' for key in images.NOT_FILTERS}
    return is_list(found) and any(
        name in names or name.endswith(images.RANGE_SUFFIXES)
        for name, value in found.parameters)


def injects_parameters(found: Found) -> bool:
    """Nova does not quote the marker in its request to Glance."""
    return is_list(found) and found.ours.status == 400 and any(
        name == 'marker' and not re.fullmatch('[{}a-zA-Z0-9-]*', value)
        for name, value in found.parameters)


def has_newline(found: Found) -> bool:
    """Regular expressions of Nova accept a newline at the end."""
    return found.ours.status in (400, 404) and (
        '%0A' in found.path or found.ours.status == 400 and (
            any(value.endswith('\n') for name, value in found.parameters)
            or any(key.endswith('\n') for key in sent(found))))


def has_empty_filter(found: Found) -> bool:
    return is_list(found) and found.ours.status == 400 and any(
        name in ('changes-since', 'minRam', 'minDisk') and not value
        for name, value in found.parameters)


def sends_malformed_keys_by_v2(found: Found) -> bool:
    return (
        found.path.startswith('/v2/') and found.ours.status == 400
        and not any(re.fullmatch(parameter_types.METADATA_KEY, key)
                    for key in sent(found)))


def finds_glance_failing(found: Found) -> bool:
    return found.nova.status == 500 and found.ours.status in (502, 503)


def filters_by_attribute(found: Found) -> bool:
    attributes = {f'property-{key}' for key in image_base.IMAGE_ATTRIBUTES}
    return is_list(found) and any(
        name in attributes for name, value in found.parameters) and (
            found.ours.status == 200 and not found.ours.body['images'])


def repeats_a_parameter(found: Found) -> bool:
    names = [name for name, value in found.parameters]
    return (
        is_list(found) and answers(found, 200, 200)
        and found.aspects == {'body'} and len(names) > len(set(names))
        and found.nova.body['images'] == found.ours.body['images'])


def asks_for_invalid_version(found: Found) -> bool:
    return found.nova.status == 404 and found.nova.fault is None and (
        found.ours.status in (400, 406))


def gets_no_answer(found: Found) -> bool:
    return found.nova.status == sender.NO_ANSWER and (
        found.ours.status < 500)


def adds_nothing(found: Found) -> bool:
    """Nova changes the visibility, which a reader is not allowed to."""
    return found.method == 'POST' and answers(found, 403, 200) and (
        not sent(found))


def is_invalid_utf_8(found: Found) -> bool:
    path = parse.unquote_to_bytes(found.path)
    return found.ours.status == 404 and (
        '\ufffd' in path.decode('utf-8', 'replace'))


def names_version_by_media_type(found: Found) -> bool:
    headers = found.step.get('headers', {})
    lists = isinstance(found.ours.body, dict) and (
        found.ours.body.keys() & {'choices', 'versions'})
    return found.nova.status == 200 and bool(lists) and any(
        ';version=' in headers.get(name, '').replace(' ', '')
        for name in ('Accept', 'Content-Type'))


def has_other_media_type(found: Found) -> bool:
    """Nova chooses the media type by the path or "Accept", but sends JSON."""
    accept = found.step.get('headers', {}).get('Accept', '')
    return found.aspects == {'media_type'} and (
        'atom' in accept or found.path.endswith('.json'))


def has_dot_segments(found: Found) -> bool:
    return answers(found, 200, 404) and '..' in found.path


def is_too_large(found: Found) -> bool:
    return answers(found, 413, 413)
