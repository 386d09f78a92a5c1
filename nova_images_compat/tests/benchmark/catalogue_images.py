# SPDX-License-Identifier: Apache-2.0

"""Fills the embedded catalogue."""

import datetime
import random
import uuid

from oslo_config import cfg

from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.image.catalog import statements
from nova_images_compat.tests.benchmark import standalone

PROPERTIES = 10

# The number of different names, and of different values of each property.
KINDS = 10

FIRST_TIME = datetime.datetime(2026, 1, 31, 12)

_BATCH = 2_000


def fill(conf: cfg.ConfigOpts, number: int) -> list[str]:
    """Create a catalogue of images, each one second newer than the last.

    :param conf: the configuration, with an empty database
    :param number: of images
    :returns: the images' ids, the oldest first
    """
    migration.sync(conf)
    database = db_engine.Database(conf)
    chance = random.Random(number)
    ids = [str(uuid.UUID(int=chance.getrandbits(128)))
           for _ in range(number)]
    for start in range(0, number, _BATCH):
        with database.writer() as connection:
            statements.add(connection, [
                _record(place, image_id) for place, image_id in enumerate(
                    ids[start:start + _BATCH], start)])
    database.dispose()
    return ids


def _record(place: int, image_id: str) -> statements.Record:
    moment = FIRST_TIME + datetime.timedelta(seconds=place)
    return statements.Record(
        id=image_id, name=f'image-{place % KINDS}',
        owner=standalone.PROJECT, visibility='shared', status='active',
        protected=False, size=1, min_ram=0, min_disk=0, created_at=moment,
        updated_at=moment, properties={
            f'key{key}': str(place % KINDS) for key in range(PROPERTIES)})
