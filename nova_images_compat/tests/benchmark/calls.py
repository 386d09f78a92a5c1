# SPDX-License-Identifier: Apache-2.0

"""The requests to the servers."""

from collections.abc import Mapping
import dataclasses

PATCH_TYPE = 'application/openstack-images-v2.1-json-patch'
JSON_TYPE = 'application/json'

# The number of images in the longest list.
MANY = 1000


@dataclasses.dataclass(frozen=True)
class Call:
    """A request that is sent many times.

    :ivar path: relative to the server's root; "@" stands for an image's id
    :ivar body: "@" stands for a number that is different each time
    :ivar images: the number of images in a valid response; None: no list
    """

    method: str
    path: str
    body: str | None = None
    content_type: str | None = None
    images: int | None = None


GLANCE = {
    'show': Call('GET', '/v2/images/@'),
    'index': Call('GET', '/v2/images?limit=10', images=10),
    'detail': Call('GET', '/v2/images?limit=100', images=100),
    'all': Call('GET', f'/v2/images?limit={MANY}', images=MANY),
    'metadata-read': Call('GET', '/v2/images/@'),
    'metadata-write': Call(
        'PATCH', '/v2/images/@',
        '[{"op": "add", "path": "/benchmark", "value": "@"}]', PATCH_TYPE),
    'delete': Call('DELETE', '/v2/images/@'),
}

_METADATA = '{"metadata": {"benchmark": "@"}}'

# The images API of Nova, and ours, in microversion 2.1.
COMPUTE = {
    'show': Call('GET', '/v2.1/images/@'),
    'index': Call('GET', '/v2.1/images?limit=10', images=10),
    'detail': Call('GET', '/v2.1/images/detail?limit=100', images=100),
    'all': Call('GET', f'/v2.1/images/detail?limit={MANY}', images=MANY),
    'metadata-read': Call('GET', '/v2.1/images/@/metadata'),
    'metadata-write': Call(
        'POST', '/v2.1/images/@/metadata', _METADATA, JSON_TYPE),
    'delete': Call('DELETE', '/v2.1/images/@'),
}

TITLES: Mapping[str, str] = {
    'show': 'show',
    'index': 'index, limit=10',
    'detail': 'detail, limit=100',
    'all': f'detail, all {MANY:,}',
    'metadata-read': 'metadata read',
    'metadata-write': 'metadata write',
    'delete': 'delete',
}


def catalogue(last_marker: str) -> dict[str, Call]:
    """Return the calls to a service with the embedded catalogue.

    :param last_marker: the id of the last image before the last page
    """
    page = '/v2.1/images/detail?limit=100'
    return {
        'show': COMPUTE['show'],
        'first page': Call('GET', page, images=100),
        'last page': Call('GET', f'{page}&marker={last_marker}', images=100),
        'by name': Call('GET', f'{page}&name=image-3', images=100),
        'by metadata': Call('GET', f'{page}&property-key3=3', images=100),
        'metadata write': COMPUTE['metadata-write'],
    }
