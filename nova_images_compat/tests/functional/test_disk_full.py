# SPDX-License-Identifier: Apache-2.0

"""The disk of the catalogue, of the locks and of the log is full."""

import logging
import os
import select
import subprocess
import sys
import time
from typing import Any

import fixtures as third_party_fixtures
import requests

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import glance_case
from nova_images_compat.tests import small_disk

UNAVAILABLE = 'serviceUnavailable'
LARGE = 'x' * 255


class _TestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        if not small_disk.SmallDisk.is_possible():
            self.skipTest('Only root can mount a small disk')
        self.log = self.useFixture(third_party_fixtures.FakeLogger(
            level=logging.WARNING,
            format='%(levelname)s %(name)s %(message)s'))

    def errors(self) -> list[str]:
        """Return our own lines of the log from WARNING on."""
        return [
            line for line in self.log.output.splitlines()
            if ' nova_images_compat.' in line and 'noauth2' not in line]


class CatalogueTest(_TestCase):
    """A SQLite file."""

    def setUp(self) -> None:
        super().setUp()
        self.disk = self.useFixture(small_disk.SmallDisk())
        self.service = self.make_service({
            'DEFAULT': {'state_path': self.disk.path},
            'quota': {'metadata_items': -1}})
        self.image_id = self.service.add_image(first='old')
        self.image = f'/v2.1/images/{self.image_id}'
        self.doomed = f'/v2.1/images/{self.service.add_image()}'

    def _write(self, number: int) -> Any:
        items = {f'key-{number}-{each}': LARGE for each in range(20)}
        return self.service.request(
            f'{self.image}/metadata', 'POST', json={'metadata': items})

    def test_writes_fail_whole_and_reads_work(self) -> None:
        self.assertEqual(200, self._write(0).status_int)
        self.disk.fill()
        refused = 0
        for number in range(1, 30):
            with self.case(number):
                before = base.stored(self.service)
                response = self._write(number)
                if response.status_int == 200:
                    self.assertIn(
                        f'key-{number}-0', response.json['metadata'])
                    continue
                refused += 1
                self.assert_fault(response, 503, UNAVAILABLE)
                self.assertIn('Retry-After', response.headers)
                self.assertEqual(before, base.stored(self.service))
                self.assertEqual(200, self.service.request(
                    self.image).status_int)
                self.assertEqual(200, self.service.request(
                    '/v2.1/images/detail').status_int)
        self.assertGreater(refused, 0)
        self.assertEqual(refused, len(self.errors()))
        for line in self.errors():
            with self.case(line):
                self.assertIn('[database] connection', line)
                self.assertRegex(line, 'full|disk I/O error|unable to open')
                self.assertNotIn(LARGE, line)
        self.disk.free()
        self.assertEqual(200, self._write(99).status_int)
        self.assertEqual(
            204, self.service.request(self.doomed, 'DELETE').status_int)

    def test_no_more_files(self) -> None:
        self.disk.use_all_files()
        for number in range(3):
            with self.case(number):
                self.assertEqual(
                    200, self.service.request(self.image).status_int)
                self.assertIn(self._write(number).status_int, (200, 503))
        self.disk.free()
        self.assertEqual(200, self._write(99).status_int)


class UsageTest(_TestCase):
    """The counts of calls."""

    def test_counts_are_kept_in_memory(self) -> None:
        disk = self.useFixture(small_disk.SmallDisk())
        service = self.make_service({
            'DEFAULT': {'state_path': disk.path},
            'usage_counts': {'enabled': True, 'interval': 1}})
        disk.fill()
        # Many rows, which need more space than SQLite's files may still have.
        for number in range(400):
            with self.case(number):
                self.assertEqual(200, service.request(
                    '/v2.1/images', headers={
                        'User-Agent': f'{number} {LARGE}'}).status_int)
        self.wait_for(lambda: 'kept in memory: ' in self.log.output)
        self.assertEqual(
            1, sum('kept in memory' in line for line in self.errors()))
        disk.free()
        self.wait_for(lambda: self._count(service) == 400)
        self.wait_for(lambda: 'are written again' in self.log.output)

    def _count(self, service: fixtures.Service) -> int:
        with service.database.reader() as connection:
            count = connection.exec_driver_sql(
                'SELECT COALESCE(SUM(calls), 0) FROM usage_counts').scalar()
        return int(count or 0)


class LocksTest(_TestCase, glance_case.TestCase):
    """The directory of the lock files."""

    def _check(self, disk: small_disk.SmallDisk) -> None:
        service = self.warm(self.serve({'coordination': {
            'backend_url': f'file://{disk.path}/locks'}}))
        disk.use_all_files()
        image_id = self.glance.add(first='old')
        path = f'/v2.1/images/{image_id}'
        for number in range(3):
            with self.case(number):
                response = service.request(
                    f'{path}/metadata/key', 'PUT', json={'meta': {'key': 'x'}})
                self.assert_fault(response, 503, UNAVAILABLE)
                self.assertEqual(number + 1, len(self.errors()))
                self.assertIn(
                    'ERROR nova_images_compat.image.glance.lock_backend '
                    '[coordination] backend_url: ', self.errors()[-1])
                self.assertIn('No space left', self.errors()[-1])
        self.assertEqual([], self.glance.calls)
        self.assertEqual(200, service.request(path).status_int)
        disk.free()
        self.assertEqual(200, service.request(
            f'{path}/metadata/key', 'PUT',
            json={'meta': {'key': 'x'}}).status_int)

    def test_no_more_files_and_no_directory_yet(self) -> None:
        self._check(self.useFixture(small_disk.SmallDisk(files=20)))

    def test_no_more_files_in_the_directory(self) -> None:
        disk = self.useFixture(small_disk.SmallDisk(files=20))
        for name in ('locks', 'locks/groups', 'locks/tmp'):
            os.mkdir(os.path.join(disk.path, name))
        self._check(disk)

    def test_no_more_space(self) -> None:
        """Empty files need no space."""
        disk = self.useFixture(small_disk.SmallDisk())
        disk.fill()
        service = self.serve({'coordination': {
            'backend_url': f'file://{disk.path}/locks'}})
        self.assertEqual(200, service.request(
            f'/v2.1/images/{self.glance.add()}/metadata/key', 'PUT',
            json={'meta': {'key': 'x'}}).status_int)


class LogTest(_TestCase):
    """The file of the log."""

    REQUESTS = 50

    def test_requests_are_answered(self) -> None:
        disk = self.useFixture(small_disk.SmallDisk())
        log = os.path.join(disk.path, 'service.log')
        service = self.make_service({'DEFAULT': {'log_file': log}})
        errors = os.path.join(
            self.useFixture(third_party_fixtures.TempDir()).path, 'stderr')
        with open(errors, 'wb') as stderr:
            process = subprocess.Popen(
                [sys.executable, '-m', 'nova_images_compat.cmd.serve',
                 '--config-file', service.configuration.path, '--port', '0'],
                stdout=subprocess.PIPE, stderr=stderr, text=True)
        self.addCleanup(process.__exit__, None, None, None)
        self.addCleanup(process.kill)
        assert process.stdout is not None
        select.select([process.stdout], [], [], 60)
        url = process.stdout.readline().split()[-1]
        self._request(url, 'before')
        disk.fill()
        begun = os.path.getsize(errors)
        for number in range(self.REQUESTS):
            with self.case(number):
                self._request(url, 'meanwhile')
        self.assertLess(
            os.path.getsize(errors) - begun, 200 * self.REQUESTS)
        disk.free()
        self._request(url, 'after')
        time.sleep(0.1)
        with open(log) as file:
            lines = file.read()
        self.assertIn('before', lines)
        self.assertIn('after', lines)

    def _request(self, url: str, name: str) -> None:
        response = requests.get(
            f'{url}/v2.1/images?{name}', timeout=30,
            headers={'X-Auth-Token': fixtures.TOKENS['member']})
        self.assertEqual(200, response.status_code)
