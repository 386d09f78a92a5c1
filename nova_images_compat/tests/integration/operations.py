# SPDX-License-Identifier: Apache-2.0

"""Plays operations of the API, and looks at their effects in Glance."""

import dataclasses
import time
from typing import Any

import requests

from nova_images_compat.tests.integration import servers

BEFORE = {'old': '1', 'other': '2'}
DELETED = {'status': 'deleted'}
NEW = {'new': '3', 'more': '4'}


@dataclasses.dataclass(frozen=True)
class Operation:
    """A request for an image.

    :ivar wanted: the metadata of the image afterwards
    """

    method: str
    path: str
    body: Any = None
    wanted: dict[str, str] = dataclasses.field(
        default_factory=lambda: BEFORE)

    @property
    def is_write(self) -> bool:
        return self.method != 'GET'


READS = (
    Operation('GET', '/images/{id}'),
    Operation('GET', '/images'),
    Operation('GET', '/images/detail'),
    Operation('GET', '/images/{id}/metadata'),
    Operation('GET', '/images/{id}/metadata/old'),
)
WRITES = (
    Operation('POST', '/images/{id}/metadata', {'metadata': NEW},
              {**BEFORE, **NEW}),
    Operation('PUT', '/images/{id}/metadata', {'metadata': NEW}, NEW),
    Operation('PUT', '/images/{id}/metadata/new', {'meta': {'new': '3'}},
              {**BEFORE, 'new': '3'}),
    Operation('DELETE', '/images/{id}/metadata/old', wanted={'other': '2'}),
)
DELETE = Operation('DELETE', '/images/{id}', wanted=DELETED)
ALL = (*READS, *WRITES, DELETE)


@dataclasses.dataclass(frozen=True, repr=False)
class Outcome:
    """The outcome of an operation.

    :ivar seconds: the time until the response
    :ivar found: the metadata of the image in Glance afterwards
    """

    operation: Operation
    image_id: str
    response: requests.Response
    seconds: float
    found: dict[str, str]

    def __repr__(self) -> str:
        return (
            f'{self.operation.method} {self.operation.path}: '
            f'{self.response.status_code} {self.response.text[:200]!r} in '
            f'{self.seconds:.1f} s; Glance holds {self.found}')


class OperationsTestCase(servers.ServersTestCase):
    """Tests that play operations."""

    def play(
        self, url: str, operations: tuple[Operation, ...],
        image_ids: list[str], timeout: float,
    ) -> list[Outcome]:
        """Send requests, all at the same time.

        :param url: the root URL of the server
        :param operations: the requests
        :param image_ids: the image of each
        :param timeout: in seconds
        """
        def play(number: int) -> Outcome:
            operation, image_id = operations[number], image_ids[number]
            begun = time.monotonic()
            response = self.request(
                url, operation.method,
                '/v2.1' + operation.path.format(id=image_id),
                json=operation.body, timeout=timeout)
            seconds = time.monotonic() - begun
            return Outcome(
                operation, image_id, response, seconds,
                self.metadata(image_id))

        return servers.in_parallel(play, range(len(operations)))

    def assertEveryOperationWorks(self, url: str) -> None:
        """Check that all operations succeed at the same time."""
        ids = self.create_apart(len(ALL), **BEFORE)
        for outcome in self.play(url, ALL, ids, servers.TIMEOUT):
            with self.case(outcome):
                self.assertLess(outcome.response.status_code, 300, outcome)
                self.assertEqual(
                    outcome.operation.wanted, outcome.found, str(outcome))

    def metadata(self, image_id: str) -> dict[str, str]:
        """Return an image's metadata in Glance."""
        image = self.glance.find(image_id)
        if image is None:
            return DELETED
        return {key: image[key] for key in (*BEFORE, *NEW) if key in image}
