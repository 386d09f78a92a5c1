# SPDX-License-Identifier: Apache-2.0

"""Measures our service in comparison with the real Glance and Nova."""

from collections.abc import Iterable
from collections.abc import Sequence
import os
from typing import Any

import fixtures

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import cells
from nova_images_compat.tests.benchmark import glance_images
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.benchmark import profiles
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import stack

# The name of the measured service: the stack has another service.
OURS = 'measured-service'
TIMEOUT = 600

LONG = 'all'
DELETE = 'delete'
PROFILED = ('show', 'detail', 'metadata-write')


class Services(fixtures.Fixture):
    """Glance and Nova of the stack, with 1,000 images of 10 properties, and
    a service of ours with the same Glance timeout as Nova.

    :param fixture: the running stack
    :param how: how much to measure
    """

    def __init__(
        self, fixture: stack.Stack, how: settings.Settings,
    ) -> None:
        self._stack = fixture
        self._how = how

    def _setUp(self) -> None:
        fixture = self._stack
        self._images = glance_images.GlanceImages(fixture.description)
        self._doomed: list[str] = []
        found = fixture.description
        ours = self.useFixture(service.Service(
            fixture.account, found, OURS, {'glance': {'timeout': TIMEOUT}}))
        token = identity.connect(found, 'member').get_token()
        ids = self._images.add(calls.MANY)
        load = wrk.Wrk(fixture.account, found.directory)
        pids = fixture.account.pids()
        self._targets = [
            targets.Target(
                name, url, token or '', os.path.join(found.logs, f'{log}.log'),
                pids[log], processes.workers(pids[log]), asked, ids)
            for name, log, url, asked in (
                ('glance', 'glance', found.image_url, calls.GLANCE),
                ('nova', 'nova', found.nova_url, calls.COMPUTE),
                ('service', OURS, ours.url, calls.COMPUTE))]
        glance = self._targets[0]
        self._meter = cells.Meter(
            load, self._targets, cells.Behind(glance.workers, glance.log))

    def measure(self, requests: Iterable[str]) -> dict[str, Any]:
        """Return the results.

        :param requests: of ``calls.TITLES``
        """
        measured: list[dict[str, Any]] = []
        for request in requests:
            progress.say(f'services: {calls.TITLES[request]} ...')
            self._meter.warm_up(request)
            for connections in self._how.connections:
                measured += self._measure(request, connections)
        self._forget_doomed()
        return {
            'images': calls.MANY,
            'properties': glance_images.PROPERTIES,
            'cells': measured,
            'memory': {
                target.name: target.memory() for target in self._targets}}

    def profile(self, profiler: profiles.Profiler) -> None:
        """Profile our service."""
        for request in PROFILED:
            profiler.take(self._targets[-1], request, f'services-{request}')

    def _measure(
        self, request: str, connections: int,
    ) -> list[dict[str, Any]]:
        how = self._how
        length, make_ids = wrk.Length(how.seconds), None
        if request == LONG:
            length = wrk.Length(
                wrk.LONGEST, max(how.long_requests, connections))
        elif request == DELETE:
            length = wrk.Length(how.seconds, how.deleted)
            make_ids = self._make_doomed
        return self._meter.measure(
            request, connections, how.rounds, length, make_ids)

    def _make_doomed(self) -> Sequence[str]:
        """Create images to delete, and remove those of the last slice."""
        self._forget_doomed()
        self._doomed = self._images.add(self._how.deleted)
        return self._doomed

    def _forget_doomed(self) -> None:
        self._images.remove(self._doomed)
        self._doomed = []
