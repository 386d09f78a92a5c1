# SPDX-License-Identifier: Apache-2.0

"""Every operation of the API once, each on an image of its own, and what of
it Glance then holds."""

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
    """A request.

    :ivar wanted: an image's metadata afterwards
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


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of an operation.

    :ivar seconds: how long the answer took
    :ivar found: the image's metadata in Glance afterwards
    """

    operation: Operation
    image_id: str
    response: requests.Response
    seconds: float
    found: dict[str, str]

    def __str__(self) -> str:
        return (
            f'{self.operation.method} {self.operation.path}: '
            f'{self.response.status_code} {self.response.text[:200]!r} in '
            f'{self.seconds:.1f} s; Glance holds {self.found}')


class OperationsTestCase(servers.ServersTestCase):

    def play(
        self, url: str, operations: tuple[Operation, ...],
        image_ids: list[str], timeout: float,
    ) -> list[Outcome]:
        """Send requests, all at the same time.

        :param url: our service
        :param timeout: seconds after which an answer is given up
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
        """Send a request of every operation, all at the same time."""
        ids = self.create_apart(len(ALL), **BEFORE)
        for outcome in self.play(url, ALL, ids, servers.TIMEOUT):
            with self.case(outcome):
                self.assertLess(outcome.response.status_code, 300, outcome)
                self.assertEqual(
                    outcome.operation.wanted, outcome.found, outcome)

    def metadata(self, image_id: str) -> dict[str, str]:
        """Return an image's metadata in Glance."""
        try:
            image = self.glance.show(image_id)
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code != 404:
                raise
            return DELETED
        return {key: image[key] for key in (*BEFORE, *NEW) if key in image}
