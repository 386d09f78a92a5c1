# SPDX-License-Identifier: Apache-2.0

"""Readers and writers that go on while a server fails."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import contextlib
import itertools
import threading
from typing import NamedTuple

import requests

from nova_images_compat.tests.integration import servers

Request = Callable[..., requests.Response]


class Outcome(NamedTuple):
    """The outcome of one of many requests.

    :ivar key: the key of the metadata item that it wrote; empty: none
    :ivar number: the value that it wrote, higher than any earlier one
    """

    image_id: str
    key: str
    number: int
    response: requests.Response


Send = Callable[[int], Outcome]


def writer(
    request: Request, url: str, image_id: str, name: str, keys: int,
) -> Send:
    """Return a function that writes a metadata item of an image.

    :param request: sends a request to a URL, with a method, a path and JSON
    :param name: of the writer, unique for the image
    :param keys: how many keys it uses
    """
    def send(number: int) -> Outcome:
        key = f'{name}-{number % keys}'
        return Outcome(image_id, key, number, request(
            url, 'PUT', f'/v2.1/images/{image_id}/metadata/{key}',
            json={'meta': {key: str(number)}}))

    return send


def reader(request: Request, url: str, image_id: str) -> Send:
    """Return a function that reads an image."""
    return lambda number: Outcome(image_id, '', number, request(
        url, 'GET', f'/v2.1/images/{image_id}'))


@contextlib.contextmanager
def run(senders: Sequence[Send]) -> Iterator[list[Outcome]]:
    """Let each function send requests in a thread of its own.

    At the end, each of them goes on until one more of its requests has
    succeeded.

    :returns: the outcomes, to which the threads append
    """
    outcomes: list[Outcome] = []
    ended = threading.Event()

    def go_on(send: Send) -> None:
        for number in itertools.count():
            is_last = ended.is_set()
            outcome = send(number)
            outcomes.append(outcome)
            if outcome.response.ok and is_last:
                return

    with futures.ThreadPoolExecutor(len(senders)) as pool:
        running = [pool.submit(go_on, send) for send in senders]
        try:
            servers.wait_until(lambda: len(outcomes) > 20, 30)
            yield outcomes
        finally:
            ended.set()
            for each in running:
                each.result()


def lost(
    outcomes: Sequence[Outcome], found: Mapping[str, Mapping[str, str]],
) -> dict[tuple[str, str], tuple[int, str | None]]:
    """Return the acknowledged writes that are not found, or older values.

    :param found: the metadata of each image at the end
    """
    acknowledged = {
        (outcome.image_id, outcome.key): outcome.number
        for outcome in outcomes if outcome.response.ok and outcome.key}
    return {
        (image_id, key): (number, found[image_id].get(key))
        for (image_id, key), number in acknowledged.items()
        if int(found[image_id].get(key, -1)) < number}
