# SPDX-License-Identifier: Apache-2.0

"""Tests of importing and exporting images."""

import json
from typing import Any

import fixtures

from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.cmd import manage_case

ID = manage_case.ID
OTHER_ID = manage_case.OTHER_ID
TIME = '2026-01-31T12:00:00Z'

# The format of `openstack image list --long -f json`.
CLIENTS = {
    'ID': ID, 'Name': 'debian', 'Disk Format': 'qcow2',
    'Container Format': 'bare', 'Size': 7, 'Checksum': 'abc',
    'Status': 'active', 'Visibility': 'public', 'Protected': True,
    'Project': 'p', 'Tags': ['t']}

# The format of the Image service's response to GET /v2/images.
SERVICES = {
    'id': ID, 'name': 'debian', 'disk_format': 'qcow2',
    'container_format': 'bare', 'size': 7, 'checksum': 'abc',
    'status': 'active', 'visibility': 'public', 'protected': False,
    'owner': 'p', 'tags': ['t'], 'min_ram': 1, 'min_disk': 2,
    'created_at': TIME, 'updated_at': TIME, 'virtual_size': None,
    'os_hidden': False, 'locations': [], 'stores': 'a',
    'self': f'/v2/images/{ID}', 'file': f'/v2/images/{ID}/file',
    'schema': '/v2/schemas/image', 'os_type': 'linux'}


class ImportTest(manage_case.ManageTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.sync()

    def _import(self, text: str) -> list[dict[str, Any]]:
        message = self.succeed('image', 'import', self.images_file(text))
        images = self.exported()
        self.assertEqual(f'{len(images)} images imported\n', message)
        return images

    def test_lines(self) -> None:
        images = self._import(
            f'\n{{"id": "{ID}", "name": "a", "created_at": "{TIME}"}}\r\n\n'
            f'  {{"id": "{OTHER_ID}", "name": "b", "x": "y"}}  ')
        self.assertEqual([ID, OTHER_ID], [image['id'] for image in images])
        self.assertEqual('y', images[1]['x'])

    def test_answer_of_the_image_service(self) -> None:
        document = {
            'images': [SERVICES], 'schema': '/v2/schemas/images',
            'first': '/v2/images'}
        for text in (json.dumps(document), json.dumps(document, indent=2),
                     json.dumps(SERVICES), json.dumps([SERVICES])):
            with self.case(text[:20]):
                [image] = self._import(text)
                self.succeed('image', 'delete', ID)
                self.assertEqual(
                    ('debian', 'p', 'public', False, 7, 1, 2, 'linux'),
                    (image['name'], image['owner'], image['visibility'],
                     image['protected'], image['size'], image['min_ram'],
                     image['min_disk'], image['os_type']))
                self.assertNotIn('schema', image)

    def test_what_the_client_lists(self) -> None:
        [image] = self._import(json.dumps(
            [{**CLIENTS, 'Properties': {'os_type': 'linux'}}], indent=2))
        self.assertEqual(
            (ID, 'debian', 'p', 'public', True, 7, 'linux'),
            (image['id'], image['name'], image['owner'],
             image['visibility'], image['protected'], image['size'],
             image['os_type']))

    def test_standard_input(self) -> None:
        self.assertEqual('1 images imported\n', self.succeed(
            'image', 'import', '-',
            standard_input=json.dumps({'id': ID}).encode()))
        self.assertEqual([ID], [image['id'] for image in self.exported()])

    def test_nothing(self) -> None:
        for text in ('', '\n\n', '[]', '{"images": []}'):
            with self.case(text):
                self.assertEqual([], self._import(text))

    def _rejection(self, *lines: Any) -> str:
        path = self.images_file(*lines)
        message = self.fail_with('image', 'import', path)
        self.assertEqual(f'{path}: ', message[:len(path) + 2])
        self.assertEqual([], self.exported())
        return message[len(path) + 2:]

    def test_broken_line_is_named_and_nothing_imported(self) -> None:
        good = {'name': 'good'}
        for broken, named in (
                ('{', 'JSON'), ('nonsense', 'JSON'), ('[]', 'not an image'),
                ('5', 'not an image'), ('"text"', 'not an image'),
                ({'id': 'x'}, 'id'), ({'id': ID.upper()}, 'id'),
                ({'id': 5}, 'id'), ({'name': 5}, 'name'),
                ({'name': 'x' * 256}, 'name'), ({'owner': []}, 'owner'),
                ({'size': -1}, 'size'), ({'size': 1.5}, 'size'),
                ({'size': True}, 'size'), ({'size': 2 ** 63}, 'size'),
                ({'min_ram': '1'}, 'min_ram'),
                ({'min_disk': 2 ** 31}, 'min_disk'),
                ({'protected': 'yes'}, 'protected'),
                ({'visibility': 'secret'}, 'visibility'),
                ({'visibility': []}, 'visibility'),
                ({'status': 'ready'}, 'status'),
                ({'created_at': 'yesterday'}, 'created_at'),
                ({'updated_at': 5}, 'updated_at'),
                ({'key': 5}, 'key'), ({'key': {}}, 'key'),
                ({'': 'x'}, "''"), ({'k' * 256: 'x'}, 'kkk'),
                ({'key': 'a\0b'}, 'key'),
                ({**CLIENTS, 'Size': 'big'}, 'size')):
            with self.case(str(broken)[:40]):
                if isinstance(broken, dict) and 'ID' not in broken:
                    broken = {'name': 'n', **broken}
                message = self._rejection(good, '', broken, good)
                self.assertEqual('line 3: ', message[:8])
                self.assertIn(named, message)

    def test_broken_item_of_a_document_is_named(self) -> None:
        first = {'name': 'a'}
        for items in ([first, 5], [first, {**first, 'size': -1}]):
            for document in (items, {'images': items}):
                with self.case(document):
                    self.assertEqual(
                        'image 2: ',
                        self._rejection(json.dumps(document, indent=1))[:9])

    def test_files_without_images(self) -> None:
        for text in ('5', '"text"', 'null', '{"images": 5}', '\ufeff{}',
                     '{"images": {"id": 1}}', '\ud800'.encode(
                         'utf-8', 'surrogatepass').decode('latin-1')):
            with self.case(text):
                self._rejection(text)

    def test_one_id_twice(self) -> None:
        self.assertEqual(
            f'line 3: image {ID} is also at line 1',
            self._rejection({'id': ID}, {'id': OTHER_ID}, {'id': ID}))

    def test_image_that_exists(self) -> None:
        self.succeed('image', 'create', 'old', '--project', 'p', '--id', ID)
        path = self.images_file(
            *({'name': 'new'} for _ in range(600)), {'id': ID})
        message = self.fail_with('image', 'import', path)
        self.assertEqual(
            f'{path}: line 601: image {ID} already exists', message)
        self.assertEqual(['old'], [i['name'] for i in self.exported()])

    def test_file_that_cannot_be_read(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        for path in (directory, f'{directory}/none'):
            with self.case(path):
                self.assertEqual(
                    f'{path}: ', self.fail_with(
                        'image', 'import', path)[:len(path) + 2])


class ExportTest(manage_case.ManageTestCase):

    def _exported_and_imported(self) -> str:
        """Export the catalogue, import it, and check that nothing changes.

        :returns: the export
        """
        exported = self.succeed('image', 'export')
        self.configuration = self.useFixture(
            own_fixtures.Configuration({}))
        self.sync()
        self.succeed(
            'image', 'import', '-', standard_input=exported.encode())
        self.assertEqual(exported, self.succeed('image', 'export'))
        return exported

    def test_what_is_exported_can_be_imported(self) -> None:
        self.sync()
        self.succeed('image', 'import', self.images_file(
            SERVICES, {
                'id': OTHER_ID, 'name': 'ü\n"\U0001f600', 'owner': None,
                'visibility': 'private', 'created_at': TIME,
                'updated_at': '2026-01-31T12:00:00.123456Z',
                'key': 'x' * 65535, 'kernel_id': 'none'}))
        self.assertEqual(2, len(self._exported_and_imported().splitlines()))

    def test_metadata_called_like_a_column_of_the_client(self) -> None:
        service = self.useFixture(own_fixtures.Service())
        self.configuration = service.configuration
        image = service.add_image(name='kept')
        answer = service.request(
            f'/v2.1/images/{image}/metadata', 'POST',
            json={'metadata': {'ID': 'mine', 'Name': 'mine'}})
        self.assertEqual(200, answer.status_int)
        self._exported_and_imported()
