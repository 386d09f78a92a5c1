# SPDX-License-Identifier: Apache-2.0

"""PostgreSQL restarts and crashes while the catalogue is read and written."""

from nova_images_compat.tests.integration import catalogues
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import postgresql
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration import traffic


class RestartTest(catalogues.CatalogueTestCase):

    database: postgresql.PostgreSQL
    api: service.Service

    @classmethod
    def start_servers(cls) -> None:
        cls.database = cls.start(postgresql.PostgreSQL(
            cls.account, cls.stack, f'{cls.__name__}-postgresql'))
        cls.sync(cls.database.url)
        cls.api = cls.start(cls.new_catalogue('api', cls.database.url))

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.database.start)
        self.image_ids = [self.create(self.api) for _ in range(2)]

    def test_restarted_under_load(self) -> None:
        with self.load([self.api], self.image_ids) as outcomes:
            self.database.stop()
            self._wait_for_faults(outcomes)
            self.database.start()
        self._check(outcomes)

    def test_crashed_under_load(self) -> None:
        with self.load([self.api], self.image_ids) as outcomes:
            self.database.crash()
            self._wait_for_faults(outcomes)
            self.database.start()
        self._check(outcomes)

    def _wait_for_faults(self, outcomes: list[traffic.Outcome]) -> None:
        seen = len(outcomes)
        servers.wait_until(lambda: len(outcomes) > seen + 10, 30)

    def _check(self, outcomes: list[traffic.Outcome]) -> None:
        failed = self.check(outcomes, self.api)
        self.assertGreater(failed, 0)
        self.assertLogged(self.api, failed)
