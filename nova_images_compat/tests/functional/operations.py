# SPDX-License-Identifier: Apache-2.0

"""A request for each operation of the API, by the operation's policy rule."""

import dataclasses
from typing import Any

import webob

from nova_images_compat.tests import fixtures

METADATA = {'one': '1', 'two': '2'}


@dataclasses.dataclass(frozen=True)
class Operation:
    """A request of one operation, on an image with ``METADATA``.

    :ivar path: with "{}" in place of the image's id
    :ivar success: the status of the response if it succeeds
    """

    method: str
    path: str
    success: int
    body: Any = None

    def send(
        self, service: fixtures.Service, image_id: str, user: str = 'member',
    ) -> webob.Response:
        return service.request(
            self.path.format(image_id), self.method, user=user,
            json=self.body)


BY_RULE = {
    'os_compute_api:images:index': Operation('GET', '/v2.1/images', 200),
    'os_compute_api:images:detail': Operation(
        'GET', '/v2.1/images/detail', 200),
    'os_compute_api:images:show': Operation('GET', '/v2.1/images/{}', 200),
    'os_compute_api:image-metadata:index': Operation(
        'GET', '/v2.1/images/{}/metadata', 200),
    'os_compute_api:image-metadata:show': Operation(
        'GET', '/v2.1/images/{}/metadata/one', 200),
    'os_compute_api:image-metadata:create': Operation(
        'POST', '/v2.1/images/{}/metadata', 200, {'metadata': {'c': 'new'}}),
    'os_compute_api:image-metadata:update': Operation(
        'PUT', '/v2.1/images/{}/metadata/two', 200, {'meta': {'two': 'new'}}),
    'os_compute_api:image-metadata:update_all': Operation(
        'PUT', '/v2.1/images/{}/metadata', 200, {'metadata': {'all': 'new'}}),
    'os_compute_api:image-metadata:delete': Operation(
        'DELETE', '/v2.1/images/{}/metadata/one', 204),
    'os_compute_api:images:delete': Operation(
        'DELETE', '/v2.1/images/{}', 204),
}
