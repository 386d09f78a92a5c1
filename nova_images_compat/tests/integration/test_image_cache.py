# SPDX-License-Identifier: Apache-2.0

"""Two hosts that keep Glance's answers in one memcached."""

from typing import Any
import uuid

from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import service

# Seconds: longer than the tests take.
TIME = 600

WRITES = 20


class ImageCacheTest(servers.ServersTestCase):

    hosts: list[service.Service]

    @classmethod
    def start_servers(cls) -> None:
        options: configuration.Options = {
            'api': {'image_cache_time': TIME},
            'cache': {
                'enabled': True, 'backend': 'oslo_cache.memcache_pool',
                'memcache_servers': cls.stack.memcached}}
        cls.hosts = [cls.new_service(name, options) for name in ('a', 'b')]
        cls.start_all(*cls.hosts)

    def setUp(self) -> None:
        super().setUp()
        self.create()

    def create(self) -> None:
        """Create an image. No answer that is kept has its name."""
        name = str(uuid.uuid4())
        image_id = self.glance.create(name=name, number='0')
        self.path = f'/v2.1/images/{image_id}'
        self.query = f'?name={name}'

    def ask(
        self, host: int, path: str, method: str = 'GET',
        user: str = 'member', **kwargs: Any,
    ) -> Any:
        """Return the response of one of the hosts."""
        return self.request(
            self.hosts[host].url, method, path, user, **kwargs)

    def numbers(self, host: int) -> tuple[str, ...]:
        """Return the metadata item of the image, as the reads of a host show
        it.
        """
        shown = self.ask(host, self.path).json()['image']
        (listed,) = self.listed(host, '/detail')
        item = self.ask(host, f'{self.path}/metadata/number').json()['meta']
        return tuple(metadata['number'] for metadata in (
            shown['metadata'], listed['metadata'], item))

    def listed(self, host: int, below: str = '', **kwargs: Any) -> Any:
        """Return the list of the image alone."""
        return self.ask(
            host, f'/v2.1/images{below}{self.query}', **kwargs,
        ).json()['images']

    def found(self, user: str = 'member') -> list[tuple[int, int]]:
        """Return the status and the length of the list, of each host."""
        return [
            (self.ask(host, self.path, user=user).status_code,
             len(self.listed(host, user=user))) for host in (0, 1)]

    def test_answers_are_kept(self) -> None:
        for host in (0, 1):
            with self.case(host):
                self.assertEqual(('0',) * 3, self.numbers(host))
        self.glance.update(self.path.rpartition('/')[2], [
            {'op': 'replace', 'path': '/number', 'value': '1'}])
        for host in (0, 1):
            with self.case(host):
                self.assertEqual(('0',) * 3, self.numbers(host))

    def test_writes_are_seen_by_both(self) -> None:
        for number in range(1, WRITES):
            writer = number % 2
            with self.case(number):
                self.assertEqual(200, self.ask(
                    writer, f'{self.path}/metadata/number', 'PUT',
                    json={'meta': {'number': str(number)}}).status_code)
                self.assertEqual(
                    ((str(number),) * 3,) * 2,
                    (self.numbers(1 - writer), self.numbers(writer)))

    def test_deletion_is_seen_by_both(self) -> None:
        for user, host in (('member', 0), ('admin', 1)):
            with self.case(user):
                self.create()
                self.assertEqual([(200, 1)] * 2, self.found())
                self.assertEqual(
                    204,
                    self.ask(host, self.path, 'DELETE', user).status_code)
                self.assertEqual([(404, 0)] * 2, self.found())

    def test_others_do_not_get_what_is_kept(self) -> None:
        self.assertEqual([(200, 1)] * 2, self.found())
        self.assertEqual([(404, 0)] * 2, self.found('other'))
