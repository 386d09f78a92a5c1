# SPDX-License-Identifier: Apache-2.0

"""A client that writes while others read."""

from collections.abc import Iterator
import contextlib
import itertools
import statistics
import threading
import time
from typing import Any

import requests

from nova_images_compat.tests.benchmark import targets

REQUEST = 'metadata-write'

# Seconds from the start of a write to the next one, if it does not take
# longer. wrk cannot wait between requests without an open connection, which
# would keep one of the server's threads.
PERIOD = 1.0


class Writer:
    """Changes the metadata of one image once a second.

    :param image_id: the image's
    """

    def __init__(self, image_id: str) -> None:
        self._image_id = image_id
        self._numbers = itertools.count(1)
        self._times: list[float] = []
        self._errors = 0

    @contextlib.contextmanager
    def writing(self, target: targets.Target) -> Iterator[None]:
        """Write to a server until the context ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._write, args=(target, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def summarize(self) -> dict[str, Any]:
        """Return writes: the number of writes that succeeded; write_errors:
        the number of the others; write_ms: the median of their times.
        """
        return {
            'writes': len(self._times),
            'write_errors': self._errors,
            'write_ms': (
                1000 * statistics.median(self._times) if self._times
                else None)}

    def _write(self, target: targets.Target, ended: threading.Event) -> None:
        call = target.asked[REQUEST]
        due = time.monotonic()
        while not ended.wait(max(0.0, due - time.monotonic())):
            begun = time.monotonic()
            due = begun + PERIOD
            try:
                target.send(
                    call, self._image_id, next(self._numbers),
                ).raise_for_status()
            except requests.RequestException:
                self._errors += 1
            else:
                self._times.append(time.monotonic() - begun)
