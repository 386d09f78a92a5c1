# SPDX-License-Identifier: Apache-2.0

"""Tests of the commands for the database and its images."""

import json
import os
import sqlite3
import subprocess
import sys

from nova_images_compat.db import models
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.cmd import manage_case
from nova_images_compat.tests.unit import helpers

ID = manage_case.ID
OTHER_ID = manage_case.OTHER_ID
DETAILS = ('name', 'owner', 'visibility', 'status', 'protected', 'size',
           'min_ram', 'min_disk')


class CommandLineTest(manage_case.ManageTestCase):

    def test_invalid_command_prints_the_usage(self) -> None:
        for arguments in (
                (), ('db',), ('image',), ('nonsense',), ('db', 'drop'),
                ('image', 'show'), ('image', 'create', 'name'),
                ('image', 'create', 'a', '--project', 'p', '--size', 'big'),
                ('image', 'create', 'a', '--project', 'p', '--visibility',
                 'secret'),
                ('image', 'share', ID, 'p', '--status', 'perhaps')):
            with self.case(arguments):
                self.assertEqual(2, self.run_command(*arguments))
                self.assertIn('usage:', self.errors)
                self.assertFalse(os.path.exists(self.database))

    def test_bad_configuration(self) -> None:
        self.configuration.path = '/none'
        self.assertIn('/none', self.fail_with('image', 'list'))


class DatabaseTest(manage_case.ManageTestCase):

    def test_sync_makes_the_catalogue_and_may_be_repeated(self) -> None:
        self.sync()
        self.succeed('image', 'create', 'kept', '--project', 'p')
        self.sync()
        self.assertEqual(['kept'], [i['name'] for i in self.exported()])

    def test_sync_of_another_services_database_must_be_forced(self) -> None:
        connection = sqlite3.connect(self.database)
        self.addCleanup(connection.close)
        connection.execute('CREATE TABLE instances (id INTEGER)')
        message = self.fail_with('db', 'sync')
        self.assertIn('instances', message)
        self.assertIn('--force', message)
        self.succeed('db', 'sync', '--force')
        self.sync()

    def test_version(self) -> None:
        self.sync()
        self.assertEqual(
            f'{models.SCHEMA_VERSION}\n', self.succeed('db', 'version'))

    def test_version_of_an_empty_database(self) -> None:
        sqlite3.connect(self.database).close()
        with open(self.database, 'a'):
            pass
        self.assertEqual('none\n', self.succeed('db', 'version'))

    def test_every_command_says_what_to_do_before_the_first_sync(
        self,
    ) -> None:
        path = self.images_file({'id': ID})
        for arguments in (
                ('db', 'version'), ('image', 'list'), ('image', 'export'),
                ('image', 'create', 'a', '--project', 'p'),
                ('image', 'show', ID), ('image', 'delete', ID),
                ('image', 'import', path), ('image', 'share', ID, 'p')):
            with self.case(arguments):
                message = self.fail_with(*arguments)
                self.assertIn('db sync', message)
                self.assertFalse(os.path.exists(self.database))

    def test_file_that_is_not_a_database(self) -> None:
        with open(self.database, 'w') as file:
            file.write('nonsense ' * 500)
        for arguments in (('db', 'sync'), ('db', 'version'),
                          ('image', 'list')):
            with self.case(arguments):
                self.assertIn('catalog.sqlite', self.fail_with(*arguments))

    def test_catalogue_that_is_locked(self) -> None:
        self.configuration = self.useFixture(own_fixtures.Configuration({
            'database': {
                'connection': f'sqlite:///{self.database}?timeout=0',
                'max_retries': '0'}}))
        self.sync()
        self.succeed('image', 'create', 'a', '--project', 'p', '--id', ID)
        self.lock()
        for arguments in (
                ('image', 'create', 'b', '--project', 'p'),
                ('image', 'import', self.images_file({'name': 'c'})),
                ('image', 'share', ID, 'p')):
            with self.case(arguments):
                self.assertIn('locked', self.fail_with(*arguments))


class ImageTest(manage_case.ManageTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.sync()

    def _create(self, *arguments: str) -> str:
        return self.succeed(
            'image', 'create', 'name', '--project', 'p', *arguments).strip()

    def test_create_with_defaults(self) -> None:
        image_id = self._create()
        [image] = self.exported()
        self.assertEqual(image_id, image['id'])
        self.assertEqual(
            ('name', 'p', 'shared', 'active', False, 0, 0, 0),
            tuple(image[name] for name in DETAILS))

    def test_create_with_everything(self) -> None:
        self.assertEqual(ID, self._create(
            '--id', ID, '--visibility', 'public', '--status', 'queued',
            '--protected', '--size', '5', '--min-ram', '6', '--min-disk',
            '7', '--property', 'a=b=c', '--property', 'empty='))
        image = json.loads(self.succeed('image', 'show', ID))
        self.assertEqual(
            ('name', 'p', 'public', 'queued', True, 5, 6, 7),
            tuple(image[name] for name in DETAILS))
        self.assertEqual(('b=c', ''), (image['a'], image['empty']))

    def test_create_with_invalid_arguments(self) -> None:
        for arguments, named in (
                (('--id', 'x'), 'id'), (('--id', ID.upper()), 'id'),
                (('--status', 'ready'), 'status'),
                (('--size', '-1'), 'size'),
                (('--min-ram', str(2 ** 31)), 'min_ram'),
                (('--property', 'a'), 'a: it must be KEY=VALUE'),
                (('--property', '=a'), '=a: it must be KEY=VALUE'),
                (('--property', 'checksum=x'), 'checksum'),
                (('--property', 'owner=x'), 'owner'),
                (('--property', 'a' * 256 + '=x'), 'aaa')):
            with self.case(arguments):
                self.assertIn(named, self.fail_with(
                    'image', 'create', 'n', '--project', 'p', *arguments))
                self.assertEqual([], self.exported())

    def test_create_with_an_id_that_exists(self) -> None:
        self._create('--id', ID)
        message = self.fail_with(
            'image', 'create', 'again', '--project', 'p', '--id', ID)
        self.assertIn(ID, message)
        self.assertEqual(['name'], [i['name'] for i in self.exported()])

    def test_list_shows_every_image(self) -> None:
        self._create('--id', ID, '--visibility', 'private')
        self.succeed(
            'image', 'create', 'other', '--project', 'q', '--id', OTHER_ID)
        listed = self.succeed('image', 'list')
        rows = [line for line in listed.splitlines() if ' | ' in line]
        self.assertEqual(3, len(rows))
        self.assertRegex(rows[1], rf'{ID} .* name .* private .* p ')
        self.assertRegex(rows[2], rf'{OTHER_ID} .* other .* shared .* q ')

    def test_delete(self) -> None:
        self._create('--id', ID, '--visibility', 'private')
        self.assertEqual('', self.succeed('image', 'delete', ID))
        self.assertEqual([], self.exported())

    def test_protected_image_is_not_deleted(self) -> None:
        self._create('--id', ID, '--protected')
        message = self.fail_with('image', 'delete', ID)
        self.assertEqual(f'image {ID} is protected', message)
        self.assertEqual([ID], [image['id'] for image in self.exported()])

    def test_image_that_does_not_exist(self) -> None:
        for action in (('show',), ('delete',), ('share', 'p')):
            for image in (ID, 'nonsense', ''):
                with self.case(action, image):
                    name, *rest = action
                    self.assertEqual(
                        f'there is no image {image}'.strip(),
                        self.fail_with('image', name, image, *rest))


class ShareTest(manage_case.ManageTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(own_fixtures.Service())
        self.configuration = self.service.configuration

    def test_only_an_accepted_member_sees_the_image(self) -> None:
        image = self.service.add_image()
        for arguments, status in (
                ((), 200), (('--status', 'rejected'), 404),
                (('--status', 'pending'), 404),
                (('--status', 'accepted'), 200)):
            with self.case(arguments):
                self.succeed(
                    'image', 'share', image, own_fixtures.OTHER_PROJECT,
                    *arguments)
                answer = self.service.request(
                    f'/v2.1/images/{image}', user='other')
                self.assertEqual(status, answer.status_int)

    def test_images_of_other_visibilities_are_not_shared(self) -> None:
        for visibility in ('public', 'community', 'private'):
            with self.case(visibility):
                image = self.service.add_image(visibility=visibility)
                message = self.fail_with('image', 'share', image, 'p')
                self.assertIn(image, message)
                self.assertIn(f'"{visibility}"', message)


class OutputTest(manage_case.ManageTestCase):

    def test_log_does_not_get_into_what_is_exported(self) -> None:
        self.configuration = self.useFixture(own_fixtures.Configuration(
            {'database': {'connection_debug': 50}}))
        self.sync()
        self.succeed('image', 'create', 'a', '--project', 'p', '--id', ID)
        result = helpers.run_python(
            '-m', 'nova_images_compat.cmd.manage', '--config-file',
            self.configuration.path, 'image', 'export')
        self.assertEqual(0, result.returncode, result.stderr)
        [line] = result.stdout.splitlines()
        self.assertEqual(ID, json.loads(line)['id'])

    def test_nobody_reads_the_output(self) -> None:
        self.sync()
        self.succeed('image', 'create', 'a', '--project', 'p')
        reading, writing = os.pipe()
        os.close(reading)
        try:
            result = subprocess.run(
                [sys.executable, '-m', 'nova_images_compat.cmd.manage',
                 '--config-file', self.configuration.path, 'image', 'list'],
                stdout=writing, stderr=subprocess.PIPE, text=True,
                timeout=60, check=False)
        finally:
            os.close(writing)
        self.assertEqual((0, ''), (result.returncode, result.stderr))

    def test_without_its_extra(self) -> None:
        with own_fixtures.Installed({'prettytable': None}):
            self.assertIn(
                'nova-images-compat-manage needs prettytable',
                self.fail_with('db', 'version'))

    def test_log_that_cannot_be_written(self) -> None:
        path = self.configuration_of('[DEFAULT]\nlog_file = /none/x.log\n')
        result = helpers.run_python(
            '-m', 'nova_images_compat.cmd.manage', '--config-file', path,
            'db', 'version')
        self.assertEqual(1, result.returncode)
        [line] = result.stderr.splitlines()
        self.assertIn('/none/x.log', line)
