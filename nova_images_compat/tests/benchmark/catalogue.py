# SPDX-License-Identifier: Apache-2.0

"""Measures our service with embedded catalogues of several sizes, without
Keystone."""

from collections.abc import Iterable
import sysconfig
from typing import Any

import fixtures

from nova_images_compat.conf import reader
from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import catalogue_images
from nova_images_compat.tests.benchmark import cells
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.benchmark import profiles
from nova_images_compat.tests.benchmark import settings
from nova_images_compat.tests.benchmark import standalone
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import mariadb
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import running
from nova_images_compat.tests.integration.stack import uwsgi

PAGE = 100
PROFILED = ('show', 'first page')
CONNECTIONS = settings.BUDGET_CONNECTIONS


class Catalogues(fixtures.Fixture):
    """Catalogues on one database server, and a service for each of them.

    :param place: where the services start
    :param database: "sqlite" or "mariadb"
    :param sizes: numbers of images
    """

    def __init__(
        self, place: standalone.Standalone, database: str,
        sizes: Iterable[int],
    ) -> None:
        self._place = place
        self._database = database
        self._sizes = sizes

    def _setUp(self) -> None:
        self._behind: cells.Behind | None = None
        if self._database == 'mariadb':
            server = self.useFixture(
                mariadb.MariaDB(self._place.account, self._place.stack))
            self._behind = cells.Behind([
                self._place.account.pids()[server.server.name]])
        self._targets = [self._start(size) for size in self._sizes]
        self._load = wrk.Wrk(
            self._place.account, self._place.stack.directory)

    def measure(self, how: settings.Settings) -> list[dict[str, Any]]:
        """Return the results of each request and size."""
        meter = cells.Meter(self._load, self._targets, self._behind)
        measured = []
        for request in self._targets[0].asked:
            progress.say(f'catalogue: {self._database}: {request} ...')
            meter.warm_up(request)
            measured += meter.measure(
                request, CONNECTIONS, how.rounds, wrk.Length(how.seconds))
        return [_result(self._database, cell) for cell in measured]

    def profile(self, profiler: profiles.Profiler) -> None:
        """Profile the service with the first of the sizes."""
        for request in PROFILED:
            profiler.take(
                self._targets[0], request,
                f'catalogue-{self._database}-{request.replace(" ", "-")}')

    def _start(self, size: int) -> targets.Target:
        name = f'{self._database}-{size}'
        progress.say(f'catalogue: {self._database}: {size:,} images ...')
        path = self._place.write(name, self._place.catalogue_options(
            name, self._database_url(size)))
        ids = catalogue_images.fill(standalone.load(path), size)
        if self._database == 'mariadb':
            self._update_statistics(size)
        server = self.useFixture(uwsgi.Server(
            self._place.account, name, sysconfig.get_path('scripts'),
            'nova_images_compat.wsgi:application', None,
            self._place.stack.logs, {reader.FILES_VARIABLE: path}))
        master = self._place.account.pids()[name]
        return targets.Target(
            str(size), server.url, standalone.TOKEN, server.log, master,
            processes.workers(master),
            calls.catalogue(last_marker=ids[PAGE]), ids)

    def _update_statistics(self, size: int) -> None:
        """Do what MariaDB does by itself some seconds after so many changes.
        Until then, it may sort all images for a page of a list.
        """
        with mariadb.connect(
                self._place.stack, _database_name(size)) as connection, (
                connection.cursor()) as cursor:
            cursor.execute('SHOW TABLES')
            for [table] in cursor.fetchall():
                cursor.execute(f'ANALYZE TABLE {table}')

    def _database_url(self, size: int) -> str | None:
        if self._database != 'mariadb':
            return None
        name = _database_name(size)
        with mariadb.connect(self._place.stack) as connection, (
                connection.cursor()) as cursor:
            cursor.execute(f'CREATE DATABASE {name} CHARACTER SET utf8mb4')
        return self._place.stack.database_url(name)


def measure(
    place: standalone.Standalone, how: settings.Settings,
    profiler: profiles.Profiler | None,
) -> dict[str, Any]:
    """Return the results with all databases.

    :param profiler: None: do not profile
    """
    measured: list[dict[str, Any]] = []
    for database in how.databases:
        with running.up(
                Catalogues(place, database, how.sizes)) as catalogues:
            measured += catalogues.measure(how)
            if profiler:
                catalogues.profile(profiler)
    return {'properties': catalogue_images.PROPERTIES, 'cells': measured}


def _database_name(size: int) -> str:
    return f'catalogue_{size}'


def _result(database: str, cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell with the names of the catalogue's results.

    :returns: also core_rate: requests per CPU second of the service;
        total_cpu_ms: CPU time per request, including the database's
    """
    result = {
        'database': database, 'images': int(cell.pop('target')), **cell,
        'database_cpu_ms': cell['behind_cpu_ms']}
    for name in ('calls', 'behind_cpu_ms'):
        del result[name]
    cpu = result['cpu_ms']
    result['core_rate'] = 1000 / cpu if cpu else None
    result['total_cpu_ms'] = (
        None if cpu is None else cpu + result['database_cpu_ms'])
    return result
