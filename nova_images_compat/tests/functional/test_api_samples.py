# SPDX-License-Identifier: Apache-2.0

"""The samples in ``doc/api_samples``: the service responds to each request
with the response of the sample."""

import json
import pathlib
from typing import Any

import testscenarios

from nova_images_compat.tests.functional import base

load_tests = testscenarios.load_tests_apply_scenarios

DIRECTORY = (
    pathlib.Path(__file__).parents[3] / 'doc' / 'api_samples' / 'images')

HOST = 'compute.example.com'
OPTIONS = {'api': {'glance_link_prefix': 'http://image.example.com'}}

DEBIAN = 'b3a1c7de-52f4-4a0c-8c6e-91d0f7a2e835'
SNAPSHOT = '7e0c94d2-1f6b-4b7a-a3d8-5c2e60b91f47'
UPLOAD = 'd58f2b60-0c39-4e71-9a14-e6b7c03d8f92'
SERVER = '4c9d1e73-86ab-4f25-b0e7-23f5a8c6d019'

IMAGES: tuple[dict[str, Any], ...] = (
    {
        'id': DEBIAN, 'name': 'debian-13-amd64', 'visibility': 'public',
        'size': 438304768, 'min_disk': 3, 'min_ram': 512,
        'created_at': '2026-02-03T09:14:27Z',
        'updated_at': '2026-02-03T09:15:02Z',
        'os_distro': 'debian', 'os_version': '13', 'hw_machine_type': 'q35',
    },
    {
        'id': SNAPSHOT, 'name': 'shop-db before the upgrade',
        'size': 5872025600, 'min_disk': 20, 'min_ram': 2048,
        'created_at': '2026-03-17T21:40:11Z',
        'updated_at': '2026-03-17T21:46:58Z',
        'image_type': 'snapshot', 'instance_uuid': SERVER,
        'base_image_ref': DEBIAN, 'auto_disk_config': 'True',
    },
    {
        'id': UPLOAD, 'name': 'monitoring-appliance', 'status': 'queued',
        'created_at': '2026-03-18T07:02:45Z',
        'updated_at': '2026-03-18T07:02:45Z',
    },
)

METADATA = f'/v2.1/images/{DEBIAN}/metadata'

# By the file of the response: method, URL, and file of the request's body.
SAMPLES: dict[str, tuple[str, str, str | None]] = {
    'images-list-get-resp': ('GET', '/v2.1/images?limit=2', None),
    'images-details-get-resp': ('GET', '/v2.1/images/detail', None),
    'image-get-resp': ('GET', f'/v2.1/images/{SNAPSHOT}', None),
    'image-metadata-get-resp': ('GET', METADATA, None),
    'image-metadata-post-resp': (
        'POST', METADATA, 'image-metadata-post-req'),
    'image-metadata-put-resp': ('PUT', METADATA, 'image-metadata-put-req'),
    'image-meta-key-get': ('GET', f'{METADATA}/os_version', None),
    'image-meta-key-put-resp': (
        'PUT', f'{METADATA}/os_version', 'image-meta-key-put-req'),
}


def _read(name: str) -> Any:
    return json.loads((DIRECTORY / f'{name}.json').read_bytes())


class Samples(base.TestCase):

    scenarios = [
        (answer, {'answer': answer, 'method': method, 'url': url,
                  'body': body})
        for answer, (method, url, body) in SAMPLES.items()]
    answer: str
    method: str
    url: str
    body: str | None

    def test_response_is_the_sample(self) -> None:
        service = self.make_service(OPTIONS)
        for attributes in IMAGES:
            service.add_image(**attributes)
        response = service.request(
            self.url, self.method, headers={'Host': HOST},
            json=_read(self.body) if self.body else None)
        self.assertEqual(200, response.status_int)
        self.assertEqual(_read(self.answer), response.json)


class Files(base.TestCase):

    def test_every_file_is_a_sample(self) -> None:
        bodies = {body for _, _, body in SAMPLES.values() if body}
        self.assertEqual(
            {*SAMPLES, *bodies}, {file.stem for file in DIRECTORY.iterdir()})
