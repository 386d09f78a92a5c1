# SPDX-License-Identifier: Apache-2.0

"""Many clients write the metadata of one image at once, on each database."""

from collections.abc import Callable
from collections.abc import Iterable
from concurrent import futures
import threading
from typing import Any

from oslo_db.sqlalchemy import test_fixtures

from nova_images_compat.tests import databases
from nova_images_compat.tests.functional import base

load_tests = test_fixtures.optimize_module_test_loader()

THREADS = 8
WRITES = 50
QUOTA = 6
ROUNDS = 4


class ConcurrencyOnSQLite(databases.OnSQLite, base.TestCase):

    def _serve(self, quota: int) -> None:
        self.service = self.make_service(
            {'quota': {'metadata_items': quota}}, database=self.database_url)
        self.image_id = self.service.add_image(first='old')
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def _metadata(self) -> dict[str, Any]:
        return self.service.request(self.path).json['metadata']

    def _put(self, key: str, value: str = '') -> int:
        return self.service.request(
            f'{self.path}/{key}', 'PUT', json={'meta': {key: value}},
        ).status_int

    def _at_once(self, client: Callable[[int], Any]) -> list[Any]:
        """Start all clients at the same time, and return their results."""
        start = threading.Barrier(THREADS)

        def run(number: int) -> Any:
            start.wait()
            return client(number)

        with futures.ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(run, range(THREADS)))

    def _keys(self, thread: int) -> Iterable[str]:
        return [f'{thread}.{number}' for number in range(WRITES)]

    def test_no_write_is_lost(self) -> None:
        self._serve(quota=-1)
        statuses = self._at_once(
            lambda thread: [self._put(key, key)
                            for key in self._keys(thread)])
        self.assertEqual([[200] * WRITES] * THREADS, statuses)
        self.assertEqual(
            {'first': 'old', **{key: key for thread in range(THREADS)
                                for key in self._keys(thread)}},
            self._metadata())

    def test_writes_and_removals_do_not_interfere(self) -> None:
        self._serve(quota=-1)
        self.service.request(self.path, 'PUT', json={'metadata': {
            f'old.{thread}': '' for thread in range(THREADS)}})

        def exchange(thread: int) -> list[int]:
            return [
                self._put(f'new.{thread}'),
                self.service.request(
                    f'{self.path}/old.{thread}', 'DELETE').status_int]

        self.assertEqual([[200, 204]] * THREADS, self._at_once(exchange))
        self.assertEqual(
            {f'new.{thread}': '' for thread in range(THREADS)},
            self._metadata())

    def test_quota_holds_for_the_last_places(self) -> None:
        self._serve(quota=QUOTA)
        for number in range(ROUNDS):
            with self.case('round', number):
                self.service.request(
                    self.path, 'PUT', json={'metadata': {'1': '', '2': ''}})
                statuses = self._at_once(
                    lambda thread: self._put(f'thread.{thread}'))
                places = QUOTA - 2
                self.assertEqual(
                    [200] * places + [403] * (THREADS - places),
                    sorted(statuses))
                self.assertEqual(
                    {'1', '2', *(f'thread.{thread}' for thread, status
                                 in enumerate(statuses) if status == 200)},
                    set(self._metadata()))

    def test_one_of_many_deletes_the_image(self) -> None:
        self._serve(quota=-1)
        statuses = self._at_once(lambda thread: self.service.request(
            f'/v2.1/images/{self.image_id}', 'DELETE').status_int)
        self.assertEqual([204] + [404] * (THREADS - 1), sorted(statuses))


class ConcurrencyOnMySQL(databases.OnMySQL, ConcurrencyOnSQLite):
    pass


class ConcurrencyOnPostgreSQL(databases.OnPostgreSQL, ConcurrencyOnSQLite):
    pass
