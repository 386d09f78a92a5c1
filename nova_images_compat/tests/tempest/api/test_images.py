# SPDX-License-Identifier: Apache-2.0

"""Images: lists, one image, its links, and its deletion."""

from collections.abc import Iterator
from typing import Any
import uuid

from tempest.lib import decorators
from tempest.lib import exceptions

from nova_images_compat.tests.tempest.api import base

SERVER_ID = '11111111-2222-3333-4444-555555555555'


class ImagesTest(base.ImagesCompatTest):
    """Images that no test changes."""

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        cls.plain = cls.create_shared_image(min_ram=64)
        cls.snapshot = cls.create_shared_image(
            min_disk=2, image_type='snapshot', instance_uuid=SERVER_ID,
            auto_disk_config='True')
        cls.queued = cls.create_shared_image(data=None)
        cls.all = {cls.plain, cls.snapshot, cls.queued}

    def show(self, image_id: str) -> dict[str, Any]:
        return self.client.show_image(image_id)['image']

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('b65a742a-2728-4432-9b29-0d9a38309f9a')
    def test_list(self) -> None:
        """A list has all images, the newest first."""
        ids = self.list_ids()
        self.assertEqual(self.all, set(ids))
        self.assertEqual(len(self.all), len(ids))
        created = [self.show(image_id)['created'] for image_id in ids]
        self.assertEqual(sorted(created, reverse=True), created)

    @decorators.idempotent_id('5bc48bab-dc88-4ca0-a9a1-3f100ced15a6')
    def test_list_with_details(self) -> None:
        """A list with details has the same details as each image."""
        images = self.client.list_images_with_details(
            {f'property-{base.BATCH}': self.batch})['images']
        self.assertEqual(
            {image_id: self.show(image_id) for image_id in self.all},
            {image['id']: image for image in images})
        self.assertEqual(self.list_ids(), [image['id'] for image in images])

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('03b14d0b-b5c5-4c03-9040-514abf1c33c5')
    def test_show(self) -> None:
        """An image has the attributes that it has in the Image service."""
        shown = self.show(self.plain)
        image = self.glance.show_image(self.plain)
        self.assertEqual(
            {'name': image['name'], 'minRam': 64, 'minDisk': 0,
             'created': image['created_at'], 'updated': image['updated_at'],
             'status': 'ACTIVE', 'progress': 100,
             'metadata': {base.BATCH: self.batch}},
            {name: value for name, value in shown.items()
             if name not in ('id', 'links', base.SIZE)})

    @decorators.idempotent_id('5452665a-a192-489a-83a2-c1a44bcc4f35')
    def test_show_image_without_data(self) -> None:
        """An image without data has the status SAVING."""
        shown = self.show(self.queued)
        self.assertEqual(
            ('SAVING', 25), (shown['status'], shown['progress']))

    @decorators.idempotent_id('f0902f3e-d5fd-4ac2-9a7b-9a0f5f15d554')
    def test_show_snapshot(self) -> None:
        """A snapshot names its server and its disk configuration."""
        shown = self.show(self.snapshot)
        self.assertEqual('AUTO', shown['OS-DCF:diskConfig'])
        self.assertEqual(SERVER_ID, shown['server']['id'])
        self.assertEqual(
            {'self', 'bookmark'},
            {link['rel'] for link in shown['server']['links']})
        for link in shown['server']['links']:
            with self.case(link):
                self.assertTrue(
                    link['href'].endswith(f'/servers/{SERVER_ID}'))

    @decorators.idempotent_id('5ee078db-964a-4789-9d4a-3337f7bb62f6')
    def test_show_image_that_is_not_there(self) -> None:
        """A missing image is not found."""
        for image_id in (uuid.uuid4(), 'no-such-image'):
            for method in ('GET', 'DELETE'):
                with self.case(method, image_id):
                    self.assertNotFound(
                        self.client.send(method, f'images/{image_id}'))

    @decorators.idempotent_id('819e763f-c0ff-4926-8e95-bd00a17189a8')
    def test_links(self) -> None:
        """The link "self" of an image leads to it."""
        shown = self.show(self.plain)
        links = {link['rel']: link['href'] for link in shown['links']}
        self.assertEqual({'self', 'bookmark', 'alternate'}, set(links))
        answer = self.client.send_to(links['self'])
        self.assertEqual((200, shown), (answer.status, answer.body['image']))
        for name, href in links.items():
            with self.case(name, href):
                self.assertTrue(href.endswith(f'/images/{self.plain}'))

    @decorators.idempotent_id('88496e3f-017f-4f90-a65a-aa27dd024122')
    def test_project_in_url(self) -> None:
        """If the URL names a project, the links do, too."""
        named = f'/{self.client.project_id}/images/{self.plain}'
        for project_id in (self.client.project_id, None):
            with self.case(project_id):
                answer = self.client.send_to(
                    self.client.url(f'images/{self.plain}', project_id))
                self.assertEqual(200, answer.status)
                links = {link['rel']: link['href'].endswith(named)
                         for link in answer.body['image']['links']
                         if link['rel'] != 'alternate'}
                self.assertEqual(
                    dict.fromkeys(links, project_id is not None), links)

    @decorators.idempotent_id('37d80dfe-d505-40d0-9b8f-64bd89ecd801')
    def test_token_is_needed(self) -> None:
        """Requests without a valid token are rejected."""
        for token in ('', 'nobody-issued-this'):
            with self.case(token):
                answer = self.client.send_to(
                    self.client.url('images'), token=token)
                self.assertEqual(401, answer.status)


class FiltersTest(base.ImagesCompatTest):
    """Filters of lists."""

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        cls.small = cls.create_shared_image(min_ram=64, image_type='base')
        cls.large = cls.create_shared_image(
            min_ram=4096, min_disk=20, image_type='snapshot',
            instance_uuid=SERVER_ID)
        cls.queued = cls.create_shared_image(data=None, distro='any')

    def assertFound(self, *ids: str, **params: Any) -> None:
        """Check which images a filter finds, in both lists.

        :param params: the query, with "_" in place of "-"
        """
        query = {
            name.replace('_', '-'): value for name, value in params.items()}
        for detail in (False, True):
            with self.case(detail, query):
                self.assertEqual(
                    set(ids), set(self.list_ids(detail, params=query)))

    @decorators.idempotent_id('3e4b4823-a907-495d-aa00-173924bbbc94')
    def test_name(self) -> None:
        """Images are found by name."""
        name = self.client.show_image(self.small)['image']['name']
        self.assertFound(self.small, name=name)
        self.assertFound(name=f'{name}-not')

    @decorators.idempotent_id('a61e5aa9-ec38-497f-a140-6a188c7e039d')
    def test_status(self) -> None:
        """Images are found by the status that this API shows."""
        self.assertFound(self.small, self.large, status='ACTIVE')

    @decorators.idempotent_id('53df6eb7-ba76-4e02-9cce-7784beb7143b')
    def test_type(self) -> None:
        """Images are found by type."""
        self.assertFound(self.large, type='snapshot')
        self.assertFound(self.small, type='base')

    @decorators.idempotent_id('a6accb2e-44d6-41a0-8ff2-f4ecc1feba49')
    def test_server(self) -> None:
        """Images are found by the server that they were made from."""
        self.assertFound(self.large, server=SERVER_ID)
        self.assertFound(
            self.large, server=self.client.url(f'servers/{SERVER_ID}'))

    @decorators.idempotent_id('94641ee2-2f33-4dc0-acf2-a78faede70e3')
    def test_minima(self) -> None:
        """Images are found by exactly the memory and disk that they need."""
        self.assertFound(self.small, minRam=64)
        self.assertFound(minRam=63)
        self.assertFound(self.large, minDisk=20)
        self.assertFound(self.large, minRam=4096, minDisk=20)

    @decorators.idempotent_id('f12bfcca-ff3e-43af-9415-7fbf556922b4')
    def test_metadata(self) -> None:
        """Images are found by metadata."""
        self.assertFound(self.queued, property_distro='any')
        self.assertFound(property_distro='none')

    @decorators.idempotent_id('a1e6433c-b1c7-4732-88c8-5693c4f6c71b')
    def test_changes_since(self) -> None:
        """Images are found by the time of their last change."""
        everything = (self.small, self.large, self.queued)
        self.assertFound(
            *everything, changes_since='2001-01-01T00:00:00Z')
        self.assertFound(changes_since='2101-01-01T00:00:00Z')

    @decorators.idempotent_id('236b46fa-a779-44f0-a31f-bdead5f8791c')
    def test_bad_values(self) -> None:
        """Invalid values are rejected."""
        for query in (
                'changes-since=soon', 'limit=many', 'limit=-1',
                'marker=nowhere'):
            for path in ('images', 'images/detail'):
                with self.case(path, query):
                    self.assertBadRequest(
                        self.client.send('GET', f'{path}?{query}'))


class PagingTest(base.ImagesCompatTest):
    """Pages of lists."""

    COUNT = 5

    @classmethod
    def resource_setup(cls) -> None:
        super().resource_setup()
        for _ in range(cls.COUNT):
            cls.create_shared_image(data=None)

    @decorators.idempotent_id('0895ca2e-f63e-4601-8510-67536268158e')
    def test_next_links(self) -> None:
        """The links to the next page lead through the whole list."""
        for detail in (False, True):
            path = 'images/detail' if detail else 'images'
            with self.case(path):
                pages = list(self.pages(path))
                self.assertEqual([2, 2, 1], [len(page) for page in pages])
                self.assertEqual(self.list_ids(detail), sum(pages, []))

    def pages(self, path: str) -> Iterator[list[str]]:
        """Return the ids of the images on each page of a list."""
        url: str | None = self.client.url(
            f'{path}?limit=2&property-{base.BATCH}={self.batch}')
        while url:
            page, url = self.get_page(url)
            yield page

    def get_page(self, url: str) -> tuple[list[str], str | None]:
        """Return the ids of the images on a page, and the next page's URL."""
        answer = self.client.send_to(url)
        self.assertEqual(200, answer.status, (url, answer.body))
        links = answer.body.get('images_links', [])
        self.assertEqual(
            ['next'] * len(links), [link['rel'] for link in links], url)
        return ([image['id'] for image in answer.body['images']],
                links[0]['href'] if links else None)

    @decorators.idempotent_id('6e02cb93-68ea-4bb0-a727-f5c9e3b4414d')
    def test_marker(self) -> None:
        """A page begins after its marker."""
        ids = self.list_ids()
        self.assertEqual(ids[2:], self.list_ids(params={'marker': ids[1]}))
        self.assertEqual(ids[2:4], self.list_ids(
            params={'marker': ids[1], 'limit': 2}))
        self.assertEqual([], self.list_ids(params={'marker': ids[-1]}))

    @decorators.idempotent_id('cc37fbdc-1d86-463d-9c49-377b9d4ef974')
    def test_marker_that_is_gone(self) -> None:
        """A marker that is not an image is rejected."""
        self.assertBadRequest(
            self.client.send('GET', f'images?marker={uuid.uuid4()}'))


class DeleteTest(base.ImagesCompatTest):
    """The deletion of images."""

    @decorators.attr(type='smoke')
    @decorators.idempotent_id('674af8d0-969a-4aba-901a-808ad2890fea')
    def test_delete(self) -> None:
        """A deleted image is also gone from the Image service."""
        image_id = self.create_image()
        self.client.delete_image(image_id)
        self.assertNotFound(self.client.send('GET', f'images/{image_id}'))
        self.assertNotFound(self.client.send('DELETE', f'images/{image_id}'))
        self.assertEqual([], self.list_ids())
        self.assertRaises(
            exceptions.NotFound, self.glance.show_image, image_id)

    @decorators.idempotent_id('30239590-30a5-4233-92e1-1446067c50c0')
    def test_delete_image_without_data(self) -> None:
        """An image without data can be deleted."""
        image_id = self.create_image(data=None)
        self.client.delete_image(image_id)
        self.assertNotFound(self.client.send('GET', f'images/{image_id}'))

    @decorators.idempotent_id('bdc57ec7-6b8c-49fb-a3d7-8dd165cfaf70')
    def test_delete_protected_image(self) -> None:
        """A protected image cannot be deleted."""
        image_id = self.create_image(protected=True)
        self.addCleanup(self.glance.update_image, image_id, [
            {'replace': '/protected', 'value': False}])
        self.assertForbidden(
            self.client.send('DELETE', f'images/{image_id}'))
        self.client.show_image(image_id)
