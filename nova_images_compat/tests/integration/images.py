# SPDX-License-Identifier: Apache-2.0

"""Creates and shows images in the real Glance."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import datetime
import re
import time
from typing import Any

import requests

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import glance
from nova_images_compat.tests.integration.stack import mariadb

TIMEOUT = 30
FIRST_TIME = datetime.datetime(2026, 1, 31, 12)

_PATCH_TYPE = 'application/openstack-images-v2.1-json-patch'
_BINARY = {'Content-Type': 'application/octet-stream'}
_IMPORT_TASK = 'os_glance_import_task'
_POLL_SECONDS = 0.1
_THREADS = 4

Image = dict[str, Any]


def is_rejected(key: str, value: Any) -> bool:
    """Return whether Glance's schema rejects a value of a property."""
    return key in glance.SCHEMA and isinstance(value, str) and not (
        re.match(glance.SCHEMA[key]['pattern'], value))


class Images:
    """Glance's API.

    :param stack: the stack, whose Glance runs
    :param token: returns the token of a user
    """

    def __init__(
        self, stack: description.Description, token: Callable[[str], str],
    ) -> None:
        self.stack = stack
        self.token = token
        self._count = 0

    def request(
        self, method: str, path: str, user: str = 'admin', **kwargs: Any,
    ) -> requests.Response:
        """Send a request.

        :param path: the path below /v2
        :param user: the user whose token is sent
        :raises: requests.HTTPError: the status is 400 or higher
        """
        headers = {
            'X-Auth-Token': self.token(user), **kwargs.pop('headers', {})}
        response = requests.request(
            method, f'{self.stack.image_url}/v2{path}', headers=headers,
            timeout=TIMEOUT, **kwargs)
        if not response.ok:
            raise requests.HTTPError(
                f'{method} {path}: {response.status_code} {response.text}',
                response=response)
        return response

    def show(self, image_id: str) -> Image:
        """Return an image as Glance shows it to the admin.

        :raises: requests.HTTPError: there is none
        """
        return self.request('GET', f'/images/{image_id}').json()

    def find(self, image_id: str) -> Image | None:
        """Return an image as Glance shows it to the admin; None: none."""
        try:
            return self.show(image_id)
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code != 404:
                raise
            return None

    def find_all(self) -> list[Image]:
        """Return all images of all projects."""
        return [
            image for hidden in ('false', 'true')
            for image in self._pages(hidden)]

    def create(
        self, owner: str | None = None, data: str | bytes | None = 'x',
        deactivate: bool = False, **attributes: Any,
    ) -> str:
        """Create an image, and return its id.

        :param owner: the user that creates it; None: "member", or the admin
            if the image is public
        :param data: its payload; None: it stays queued
        :param deactivate: whether to deactivate it afterwards
        :param attributes: attributes by Glance's names, and properties. With
            "import", the payload is uploaded by interoperable import. "as" is
            ignored. Properties that Glance's schema rejects are written to
            its database: images that are older than the schema have them.
        """
        attributes.pop('as', None)
        old = {key: attributes.pop(key) for key, value in [*attributes.items()]
               if is_rejected(key, value)}
        imports = attributes.pop('import', False)
        attributes.setdefault('visibility', 'shared')
        if owner is None:
            public = attributes['visibility'] == 'public'
            owner = 'admin' if public else 'member'
        image_id = self.request(
            'POST', '/images', owner, json={
                'disk_format': 'raw', 'container_format': 'bare',
                **attributes}).json()['id']
        if data is not None:
            self._upload(
                image_id, owner,
                data.encode() if isinstance(data, str) else data, imports)
        if deactivate:
            self.request('POST', f'/images/{image_id}/actions/deactivate')
        if old:
            self._write_properties(image_id, old)
        return image_id

    def create_all(
        self, descriptions: Sequence[Mapping[str, Any]],
    ) -> dict[str, str]:
        """Create images, oldest first, with times one second apart.

        :returns: the ids by alias ("as"), or else by number
        """
        ids = {
            str(attributes.get('as', number)): self.create(**attributes)
            for number, attributes in enumerate(descriptions)}
        self.set_times_a_second_apart(list(ids.values()))
        return ids

    def set_times_a_second_apart(self, ids: Sequence[str]) -> None:
        """Set the creation and update times of images.

        They are written to Glance's database, because its API cannot change
        them, and waiting a second for each image would take too long.

        :param ids: oldest first; all become newer than those of earlier calls
        """
        with mariadb.connect(self.stack, 'glance') as connection:
            for image_id in ids:
                self._count += 1
                moment = FIRST_TIME + datetime.timedelta(seconds=self._count)
                with connection.cursor() as cursor:
                    cursor.execute(
                        'UPDATE images SET created_at = %s, updated_at = %s '
                        'WHERE id = %s', (moment, moment, image_id))

    def _write_properties(
        self, image_id: str, properties: Mapping[str, str],
    ) -> None:
        """Write properties to Glance's database."""
        with mariadb.connect(self.stack, 'glance') as connection:
            with connection.cursor() as cursor:
                cursor.executemany(
                    'INSERT INTO image_properties (image_id, name, value, '
                    'created_at, updated_at, deleted) '
                    'VALUES (%s, %s, %s, NOW(), NOW(), 0)',
                    [(image_id, *item) for item in properties.items()])

    def update(self, image_id: str, changes: Sequence[Image]) -> None:
        """Apply a JSON patch of "add", "replace" and "remove" operations."""
        self.request(
            'PATCH', f'/images/{image_id}', json=changes,
            headers={'Content-Type': _PATCH_TYPE})

    def delete_all(self) -> None:
        """Delete all images of all projects, protected ones included."""
        with futures.ThreadPoolExecutor(_THREADS) as pool:
            while images := self.find_all():
                list(pool.map(self._delete, images))

    def _pages(self, hidden: str) -> list[Image]:
        found: list[Image] = []
        path = f'/images?limit=1000&visibility=all&os_hidden={hidden}'
        while path:
            page = self.request('GET', path).json()
            found += page['images']
            path = page.get('next', '').removeprefix('/v2')
        return found

    def _upload(
        self, image_id: str, owner: str, data: bytes, imports: bool,
    ) -> None:
        place = 'stage' if imports else 'file'
        self.request(
            'PUT', f'/images/{image_id}/{place}', owner, data=data,
            headers=_BINARY)
        if not imports:
            return
        self.request(
            'POST', f'/images/{image_id}/import', owner,
            json={'method': {'name': 'glance-direct'}})
        self._wait_until_imported(image_id)

    def _wait_until_imported(self, image_id: str) -> None:
        deadline = time.monotonic() + TIMEOUT
        while True:
            image = self.show(image_id)
            # The import ends a moment after the image becomes active.
            if image['status'] == 'active' and _IMPORT_TASK not in image:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f'not imported: {image}')
            time.sleep(_POLL_SECONDS)

    def _delete(self, image: Image) -> None:
        if image['protected']:
            self.update(image['id'], [
                {'op': 'replace', 'path': '/protected', 'value': False}])
        self.request('DELETE', f'/images/{image["id"]}')
