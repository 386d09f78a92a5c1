# SPDX-License-Identifier: Apache-2.0

"""Writes images directly to Glance's database and storage, which is faster
than its API."""

from collections.abc import Sequence
import datetime
import os
import uuid

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import mariadb

PROPERTIES = 10
FIRST_TIME = datetime.datetime(2026, 1, 31, 12)

_DATA = b'x'

_IMAGE = '''
INSERT INTO images (
    id, name, size, status, visibility, owner, disk_format, container_format,
    checksum, os_hash_algo, os_hash_value, min_disk, min_ram, protected,
    os_hidden, deleted, created_at, updated_at)
VALUES (
    %s, %s, 1, 'active', 'shared', %s, 'raw', 'bare',
    MD5('x'), 'sha512', SHA2('x', 512), 0, 0, 0, 0, 0, %s, %s)
'''
_LOCATION = '''
INSERT INTO image_locations (
    image_id, value, meta_data, status, deleted, created_at, updated_at)
VALUES (%s, %s, '{"store": "file"}', 'active', 0, %s, %s)
'''
_PROPERTY = '''
INSERT INTO image_properties (
    image_id, name, value, deleted, created_at, updated_at)
VALUES (%s, %s, %s, 0, %s, %s)
'''

_TABLES = ('image_locations', 'image_properties', 'image_tags',
           'image_members')


class GlanceImages:
    """Images with 10 properties, owned by the user "member", each one second
    newer than the last.

    :param stack: with Glance running
    """

    def __init__(self, stack: description.Description) -> None:
        self._stack = stack
        self._owner = stack.users['member'].project_id
        self._storage = os.path.join(stack.directory, 'glance', 'images')
        self._count = 0

    def add(self, number: int) -> list[str]:
        """Add a number of images, and return their ids."""
        images = []
        for _ in range(number):
            self._count += 1
            image_id = str(uuid.uuid4())
            with open(self._file(image_id), 'wb') as file:
                file.write(_DATA)
            moment = FIRST_TIME + datetime.timedelta(seconds=self._count)
            images.append((image_id, (moment, moment)))
        with mariadb.connect(self._stack, 'glance') as connection, (
                connection.cursor()) as cursor:
            connection.begin()
            cursor.executemany(_IMAGE, [
                (image_id, f'image-{image_id[:8]}', self._owner, *times)
                for image_id, times in images])
            cursor.executemany(_LOCATION, [
                (image_id, f'file://{self._file(image_id)}', *times)
                for image_id, times in images])
            cursor.executemany(_PROPERTY, [
                (image_id, f'key{key}', f'value {key}', *times)
                for image_id, times in images for key in range(PROPERTIES)])
            connection.commit()
        return [image_id for image_id, _ in images]

    def remove(self, image_ids: Sequence[str]) -> None:
        """Remove images, including those that Glance keeps as deleted."""
        if not image_ids:
            return
        with mariadb.connect(self._stack, 'glance') as connection, (
                connection.cursor()) as cursor:
            for table in _TABLES:
                cursor.execute(
                    f'DELETE FROM {table} WHERE image_id IN %s',
                    (tuple(image_ids),))
            cursor.execute(
                'DELETE FROM images WHERE id IN %s', (tuple(image_ids),))
        for image_id in image_ids:
            if os.path.exists(self._file(image_id)):
                os.unlink(self._file(image_id))

    def _file(self, image_id: str) -> str:
        return os.path.join(self._storage, image_id)
