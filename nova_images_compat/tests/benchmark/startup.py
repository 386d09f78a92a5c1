# SPDX-License-Identifier: Apache-2.0

"""Measures the start-up time of our service, and its memory afterwards."""

import os
import statistics
import sys
import sysconfig
import time
from typing import Any

from nova_images_compat.conf import reader
from nova_images_compat.tests.benchmark import import_times
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import standalone
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

NAME = 'startup'

_POLL_SECONDS = 0.005
_MODULES = 10


def measure(
    place: standalone.Standalone, how: settings.Settings,
) -> dict[str, Any]:
    """Return the seconds to the first response, the memory of new workers,
    and the milliseconds of imports, with the slowest modules.

    The service has the configuration for a deployment with Glance.
    """
    progress.say('startup ...')
    path = place.write(
        NAME, service.default_options(place.stack, place.stack.directory))
    started = [_start(place, path) for _ in range(how.starts)]
    times = import_times.parse(_import(place, path))
    return {
        'seconds': statistics.median(one['seconds'] for one in started),
        'rss_mib': statistics.median(one['rss_mib'] for one in started),
        'pss_mib': statistics.median(one['pss_mib'] for one in started),
        'all_seconds': [one['seconds'] for one in started],
        'import_ms': sum(module.own_ms for module in times),
        'modules': [
            {'name': module.name, 'own_ms': module.own_ms,
             'with_imports_ms': module.with_imports_ms}
            for module in sorted(
                times, key=lambda module: module.own_ms, reverse=True)
            if not module.name.startswith('nova_images_compat.wsgi')
        ][:_MODULES],
    }


def _start(place: standalone.Standalone, path: str) -> dict[str, float]:
    server = uwsgi.Server(
        place.account, NAME, sysconfig.get_path('scripts'),
        'nova_images_compat.wsgi:application', None, place.stack.logs,
        {reader.FILES_VARIABLE: path})
    begun = time.monotonic()
    try:
        server.start(wait=False)
        while not process.port_answers(server.port):
            time.sleep(_POLL_SECONDS)
        server.start()
        seconds = time.monotonic() - begun
        pids = processes.workers(place.account.pids()[NAME])
        processes.wait_until_still(pids)
        held = [processes.memory(pid) for pid in pids]
    finally:
        server.stop()
    return {'seconds': seconds,
            'rss_mib': max(worker.rss for worker in held),
            'pss_mib': max(worker.pss for worker in held)}


def _import(place: standalone.Standalone, path: str) -> str:
    """Return Python's report of import times."""
    log = os.path.join(place.stack.directory, 'importtime.txt')
    place.account.run(
        'importtime',
        [sys.executable, '-X', 'importtime', '-c',
         'import nova_images_compat.wsgi'],
        log, {reader.FILES_VARIABLE: path})
    with open(log) as file:
        return file.read()
