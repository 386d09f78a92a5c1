# SPDX-License-Identifier: Apache-2.0

"""The catalogue in a Galera cluster: a service on each of three nodes."""

from concurrent import futures
import contextlib

from nova_images_compat.tests.integration import catalogues
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import galera
from nova_images_compat.tests.integration.stack import service

# Images that are created on each node while others write.
CREATED = 2
ROUNDS = 4


class GaleraTest(catalogues.CatalogueTestCase):
    """Three services.

    :cvar apis: a service on each node
    :cvar causal: a service on the last node that waits for the changes of the
        other nodes before it reads
    """

    cluster: galera.Cluster
    apis: list[service.Service]
    causal: service.Service

    @classmethod
    def start_servers(cls) -> None:
        cls.cluster = cls.start(galera.Cluster(
            cls.account, cls.stack, cls.__name__))
        cls.sync(cls.cluster.nodes[0].url)
        cls.apis = [
            cls.new_catalogue(f'api-{number}', node.url)
            for number, node in enumerate(cls.cluster.nodes)]
        cls.causal = cls.new_catalogue(
            'causal', cls.cluster.nodes[-1].url, mysql_wsrep_sync_wait=1)
        cls.start_all(*cls.apis, cls.causal)

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.create(self.apis[0])

    def test_every_table_has_a_primary_key(self) -> None:
        self.assertEqual([], self.cluster.nodes[0].execute(
            'SELECT table_name FROM information_schema.tables t'
            f" WHERE table_schema = '{galera.DATABASE}' AND NOT EXISTS ("
            ' SELECT * FROM information_schema.table_constraints c'
            ' WHERE c.table_schema = t.table_schema'
            ' AND c.table_name = t.table_name'
            " AND c.constraint_type = 'PRIMARY KEY')"))

    def test_writers_on_all_nodes(self) -> None:
        with self.load(self.apis, [self.image_id]) as outcomes:
            with futures.ThreadPoolExecutor(3) as pool:
                created = list(pool.map(
                    self.create, self.apis * CREATED))
            statuses = [
                self.request(
                    self.causal.url, 'DELETE', f'/v2.1/images/{image_id}',
                ).status_code for image_id in created[::2]]
        self.assertEqual({204}, set(statuses))
        self.check(outcomes, self.causal)
        for image_id in created[1::2]:
            with self.case(image_id):
                self.assertEqual({}, self.metadata(self.causal, image_id))
        self.assertNodesAreEqual()

    def test_one_of_many_deletes(self) -> None:
        for number in range(ROUNDS):
            with self.case(number):
                image_id = self.create(self.apis[0]) if number else (
                    self.image_id)
                self._wait_for(image_id)
                with futures.ThreadPoolExecutor(3) as pool:
                    statuses = sorted(pool.map(
                        lambda api: self.request(
                            api.url, 'DELETE', f'/v2.1/images/{image_id}',
                        ).status_code, self.apis))
                self.assertEqual([204, 404, 404], statuses)

    def test_causal_reads(self) -> None:
        """A session that holds back the last node's changes shows which reads
        wait for them.
        """
        last = self.cluster.nodes[-1]
        self._wait_for(self.image_id)
        with contextlib.closing(last.connect()) as session:
            with session.cursor() as cursor:
                cursor.execute('FLUSH TABLES WITH READ LOCK')
                self.assertEqual(200, self.put(
                    self.apis[0], self.image_id, 'key', 'new').status_code)
                self.assertEqual(
                    {}, self.metadata(self.apis[-1], self.image_id))
                with futures.ThreadPoolExecutor(1) as pool:
                    read = pool.submit(
                        self.metadata, self.causal, self.image_id)
                    self.assertRaises(TimeoutError, read.result, 0.5)
                    cursor.execute('UNLOCK TABLES')
                    self.assertEqual({'key': 'new'}, read.result(30))

    def test_node_is_killed_and_returns(self) -> None:
        last = self.cluster.nodes[-1]
        self.addCleanup(last.rejoin)
        self._wait_for(self.image_id)
        with self.load(self.apis, [self.image_id]) as outcomes:
            last.kill()
            seen = len(outcomes)
            servers.wait_until(lambda: len(outcomes) > seen + 60, 60)
            last.rejoin()
        self.assertGreater(self.check(outcomes, self.causal), 0)
        self.assertLogged(self.apis[-1], 1)
        self.assertNodesAreEqual()

    def test_node_without_quorum(self) -> None:
        first, *others = self.cluster.nodes
        for node in others:
            self.addCleanup(node.rejoin)
            node.kill()
        servers.wait_until(lambda: not self.request(
            self.apis[0].url, 'GET', '/v2.1/images').ok, 60)
        for method, path, body in (
                ('GET', '/v2.1/images/detail', None),
                ('GET', f'/v2.1/images/{self.image_id}', None),
                ('PUT', f'/v2.1/images/{self.image_id}/metadata/k',
                 {'meta': {'k': 'v'}}),
                ('DELETE', f'/v2.1/images/{self.image_id}', None)):
            with self.case(method, path):
                self.assertFault(
                    self.request(self.apis[0].url, method, path, json=body),
                    serviceUnavailable=503)
        self.assertLogged(self.apis[0], 4)
        first.execute("SET GLOBAL wsrep_provider_options='pc.bootstrap=true'")
        for node in others:
            node.rejoin()
        for api in self.apis:
            with self.case(api.name):
                servers.wait_until(lambda: self.request(
                    api.url, 'GET', f'/v2.1/images/{self.image_id}').ok, 30)
                self.assertEqual(200, self.put(
                    api, self.image_id, api.name, 'x').status_code)

    def _wait_for(self, image_id: str) -> None:
        """Wait until all nodes have an image."""
        for api in self.apis:
            servers.wait_until(lambda: self.request(
                api.url, 'GET', f'/v2.1/images/{image_id}').ok, 30)

    def assertNodesAreEqual(self) -> None:
        rows = {
            tuple(tuple(node.execute(
                f'SELECT * FROM {galera.DATABASE}.{table} ORDER BY 1, 2',
                waits=True))
                for table in ('images', 'image_properties', 'image_members'))
            for node in self.cluster.nodes}
        self.assertEqual(1, len(rows))
