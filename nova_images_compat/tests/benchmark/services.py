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
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import stack

# The names of the measured services: the stack has another service.
OURS = 'measured-service'
CACHED = 'measured-cached-service'
TIMEOUT = 600

# The age at which the service with the cache asks Glance again, in seconds.
CACHE_TIME = 5

# The number of images that are read from it: all of them would rarely be in
# the cache.
POLLED_IMAGES = 10

LONG = 'all'
DELETE = 'delete'
PROFILED = {
    'service': ('show', 'detail', 'metadata-write'),
    'cached': ('show', 'detail'),
}

# Without deletions, which the cache does not change.
_ASKED_OF_CACHED = {
    name: call for name, call in calls.COMPUTE.items() if name != DELETE}


class Services(fixtures.Fixture):
    """Glance and Nova of the stack, with 1,000 images of 10 properties, and
    two services of ours with the same Glance timeout as Nova, one of which
    keeps Glance's answers in the memcached of the stack.

    :param fixture: the running stack
    :param how: how much to measure
    :ivar targets: "glance", "nova", "service" and "cached"
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
        ours = self._start(OURS, {})
        cached = self._start(CACHED, {
            'api': {'image_cache_time': CACHE_TIME},
            'cache': {
                'enabled': True, 'backend': 'oslo_cache.memcache_pool',
                'memcache_servers': found.memcached}})
        token = identity.connect(found, 'member').get_token()
        ids = self._images.add(calls.MANY)
        self._load = wrk.Wrk(fixture.account, found.directory)
        pids = fixture.account.pids()
        self.targets = {
            name: targets.Target(
                name, url, token or '', os.path.join(found.logs, f'{log}.log'),
                pids[log], processes.workers(pids[log]), asked, ids, polled)
            for name, log, url, asked, polled in (
                ('glance', 'glance', found.image_url, calls.GLANCE, None),
                ('nova', 'nova', found.nova_url, calls.COMPUTE, None),
                ('service', OURS, ours.url, calls.COMPUTE, None),
                ('cached', CACHED, cached.url, _ASKED_OF_CACHED,
                 ids[:POLLED_IMAGES]))}

    def meter(self, names: Iterable[str]) -> cells.Meter:
        """Return a meter of some of the targets, in front of Glance."""
        glance = self.targets['glance']
        return cells.Meter(
            self._load, [self.targets[name] for name in names],
            cells.Behind(glance.workers, glance.log))

    def measure(self, requests: Iterable[str]) -> dict[str, Any]:
        """Return the results.

        :param requests: of ``calls.TITLES``
        """
        meter = self.meter(self.targets)
        measured: list[dict[str, Any]] = []
        for request in requests:
            progress.say(f'services: {calls.TITLES[request]} ...')
            meter.warm_up(request)
            for connections in self._how.connections:
                measured += self._measure(meter, request, connections)
        self._forget_doomed()
        return {
            'images': calls.MANY,
            'properties': glance_images.PROPERTIES,
            'polled_images': POLLED_IMAGES,
            'cache_seconds': CACHE_TIME,
            'cells': measured,
            'memory': {
                name: target.memory()
                for name, target in self.targets.items()}}

    def profile(self, profiler: profiles.Profiler) -> None:
        """Profile our services."""
        for name, requests in PROFILED.items():
            for request in requests:
                profiler.take(
                    self.targets[name], request, f'{name}-{request}')

    def _start(
        self, name: str, options: configuration.Options,
    ) -> service.Service:
        return self.useFixture(service.Service(
            self._stack.account, self._stack.description, name,
            {'glance': {'timeout': TIMEOUT}, **options}))

    def _measure(
        self, meter: cells.Meter, request: str, connections: int,
    ) -> list[dict[str, Any]]:
        how = self._how
        length, make_ids = wrk.Length(how.seconds), None
        if request == LONG:
            length = wrk.Length(
                wrk.LONGEST, max(how.long_requests, connections))
        elif request == DELETE:
            length = wrk.Length(how.seconds, how.deleted)
            make_ids = self._make_doomed
        return meter.measure(
            request, connections, how.rounds, length, make_ids)

    def _make_doomed(self) -> Sequence[str]:
        """Create images to delete, and remove those of the last slice."""
        self._forget_doomed()
        self._doomed = self._images.add(self._how.deleted)
        return self._doomed

    def _forget_doomed(self) -> None:
        self._images.remove(self._doomed)
        self._doomed = []
