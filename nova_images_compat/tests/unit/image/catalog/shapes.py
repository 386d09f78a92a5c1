# SPDX-License-Identifier: Apache-2.0

"""Requests lists of many shapes, and prints the growth of the process in MiB.

Run it with ``python -m nova_images_compat.tests.unit.image.catalog.shapes
URL``, where URL is that of a database with the service's tables.
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
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.db import database_case
from nova_images_compat.tests.unit.image.catalog import catalogue

NUMBER = 1000
STATUSES = ('active', 'queued', 'saving')
MAX_METADATA = 20

CHOICES: dict[str, tuple[Any, ...]] = {
    'statuses': (None, *(frozenset(STATUSES[:end]) for end in (1, 2, 3))),
    'name': (None, 'name'),
    'min_ram': (None, 0),
    'min_disk': (None, 0),
    'changes_since': (None, own_fixtures.FIRST_TIME),
    'marker': (None, 'none'),
    'limit': (None, 10),
}

List = tuple[request_context.RequestContext, image_base.ImageQuery]


def lists(marker: str) -> Iterator[List]:
    """Return ``NUMBER`` lists with different filters.

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
    """Return the growth of this process after all lists, in MiB."""
    with database_case.configuration(url) as configuration:
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
