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
    :ivar polled: of the images to read, again and again; None: all of them
    """

    name: str
    url: str
    token: str
    log: str
    master: int
    workers: Sequence[int]
    asked: Mapping[str, calls.Call]
    ids: Sequence[str]
    polled: Sequence[str] | None = None

    def ids_of(self, request: str) -> Sequence[str]:
        """Return the ids of the images for a request.

        :param request: its name
        """
        if self.polled is None or self.asked[request].method != 'GET':
            return self.ids
        return self.polled

    def send(
        self, call: calls.Call, image_id: str, number: int = 0,
    ) -> requests.Response:
        """Send one request, and return the response.

        :param image_id: takes the place of "@" in the path
        :param number: takes the place of "@" in the body
        :raises: requests.RequestException: if there is no response
        """
        headers = {'X-Auth-Token': self.token}
        if call.content_type:
            headers['Content-Type'] = call.content_type
        return requests.request(
            call.method, self.url + call.path.replace('@', image_id),
            data=call.body and call.body.replace('@', str(number)),
            headers=headers, timeout=TIMEOUT, allow_redirects=False)

    def check(self, call: calls.Call) -> None:
        """Send one request that reads, and check the response.

        :raises: StackError: if the response is wrong
        """
        answer = self.send(call, self.ids[0])
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
