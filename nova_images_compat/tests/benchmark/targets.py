# SPDX-License-Identifier: Apache-2.0

"""The servers that are measured."""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses

import requests

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.integration.stack import errors

TIMEOUT = 60


@dataclasses.dataclass(frozen=True)
class Target:
    """A server under uWSGI.

    :ivar url: its root
    :ivar log: the path of uWSGI's log
    :ivar master: the pid of uWSGI's master
    :ivar workers: the pids of its workers
    :ivar asked: the requests to it, by name
    :ivar ids: of the images to request
    """

    name: str
    url: str
    token: str
    log: str
    master: int
    workers: Sequence[int]
    asked: Mapping[str, calls.Call]
    ids: Sequence[str]

    def check(self, call: calls.Call) -> None:
        """Send one request that reads, and check the response.

        :raises: StackError: if the response is wrong
        """
        answer = requests.get(
            self.url + call.path.replace('@', self.ids[0]),
            headers={'X-Auth-Token': self.token}, timeout=TIMEOUT,
            allow_redirects=False)
        if answer.status_code != 200:
            raise errors.StackError(
                f'{self.name}: GET {call.path}: {answer.status_code} '
                f'{answer.text[:200]}')
        if call.images is None:
            return
        found = len(answer.json()['images'])
        if found != call.images:
            raise errors.StackError(
                f'{self.name}: GET {call.path}: {found} images, not '
                f'{call.images}')

    def memory(self) -> dict[str, float]:
        """Return the memory of its largest worker, in MiB."""
        held = [processes.memory(pid) for pid in self.workers]
        return {'rss_mib': max(worker.rss for worker in held),
                'pss_mib': max(worker.pss for worker in held)}


def all_workers(targets: Iterable[Target]) -> list[int]:
    """Return the pids of the workers of all the servers."""
    return [pid for target in targets for pid in target.workers]
