# SPDX-License-Identifier: Apache-2.0

"""Asks for lists of many shapes, and prints by how many MiB the process grew:
``python -m nova_images_compat.tests.unit.db.shapes URL`` with the URL of a
database that has been migrated.
"""

from collections.abc import Iterator
import itertools
import os
import random
import sys
from typing import Any

from nova_images_compat import context as request_context
from nova_images_compat.image import base as image_base
from nova_images_compat.image.catalog import store as catalog_store
from nova_images_compat.tests import fixtures as our_fixtures
from nova_images_compat.tests.unit.db import catalogue

NUMBER = 1000
STATUSES = ('active', 'queued', 'saving')
MAX_METADATA = 20

CHOICES: dict[str, tuple[Any, ...]] = {
    'statuses': (None, *(frozenset(STATUSES[:end]) for end in (1, 2, 3))),
    'name': (None, 'name'),
    'min_ram': (None, 0),
    'min_disk': (None, 0),
    'changes_since': (None, our_fixtures.FIRST_TIME),
    'marker': (None, 'none'),
    'limit': (None, 10),
}

List = tuple[request_context.RequestContext, image_base.ImageQuery]


def lists(marker: str) -> Iterator[List]:
    """Return ``NUMBER`` lists to ask for: no two use the same filters.

    :param marker: the id of an image
    """
    choices = {**CHOICES, 'marker': (None, marker)}
    combinations = list(itertools.product(
        (catalogue.caller(), catalogue.admin()), (0, 1, 2),
        itertools.product(*choices.values())))
    # The same on every run.
    random.Random(20260131).shuffle(combinations)
    for place, (context, items, values) in enumerate(combinations[:NUMBER]):
        if items == 2:
            items += place % (MAX_METADATA - 1)
        yield context, image_base.ImageQuery(
            with_metadata=True,
            metadata={f'key{item}': 'value' for item in range(items)},
            **dict(zip(choices, values, strict=True)))


def growth(url: str) -> float:
    """Return by how many MiB this process grows by all the lists."""
    with catalogue.configuration(url) as configuration:
        store = catalog_store.CatalogStore(configuration.conf)
        [image] = store.list(
            catalogue.admin(), image_base.ImageQuery(limit=1))
        before = _resident()
        for context, query in lists(image.id):
            store.list(context, query)
        return _resident() - before


def _resident() -> float:
    with open('/proc/self/statm', encoding='ascii') as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf('SC_PAGESIZE') / 2 ** 20


if __name__ == '__main__':
    print(growth(sys.argv[1]))
