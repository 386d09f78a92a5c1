# SPDX-License-Identifier: Apache-2.0

"""A real nova-api works even if the filter does not."""

import contextlib
import os
import shutil
import sqlite3
import tempfile

import requests

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import broken
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import uwsgi

MODULE = ('nova_images_compat.tests.integration.nova_process.impatient'
          ':application')
SECONDS = 20.0


class BrokenTest(base.WithScenarios, servers.ServersTestCase):
    """Runs the test with each of the broken set-ups."""

    scenarios = [
        (name, {'name': name, 'set_up': set_up})
        for name, set_up in broken.SET_UPS.items()]

    set_up: broken.SetUp

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.create()
        self.directory = tempfile.mkdtemp(
            prefix='broken-', dir=self.stack.directory)
        self.addCleanup(shutil.rmtree, self.directory)
        self.write({
            broken.OPTIONS: self.set_up.options, **self.set_up.files}, {
                broken.OPTIONS} if self.set_up.options is None else set())
        if self.set_up.sql:
            with contextlib.closing(sqlite3.connect(
                    os.path.join(self.directory, 'database'))) as database:
                database.executescript(self.set_up.sql)
        self.nova_server = self.useFixture(self.new_nova())

    def write(
        self, files: dict[str, str | bytes | None], missing: set[str],
    ) -> None:
        """Write files to the directory of the set-up.

        :param files: the contents by name; None: a directory
        :param missing: names of files that are not written
        """
        for name in sorted(files.keys() - missing):
            content = files[name]
            path = os.path.join(self.directory, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            if content is None:
                os.mkdir(path)
                continue
            if isinstance(content, str):
                content = self.filled_in(content).encode()
            with open(path, 'wb') as file:
                file.write(content)

    def filled_in(self, text: str) -> str:
        """Return a text of a set-up with its placeholder replaced."""
        return text.replace('{directory}', self.directory)

    def new_nova(self) -> uwsgi.Server:
        config = nova.add_filter(
            self.stack, None, self.filled_in(self.set_up.section) or (
                f'config_file = {{nova_conf}};{self.directory}/'
                f'{broken.OPTIONS}'))
        return nova.server(
            self.account, self.stack,
            f'broken-{os.path.basename(self.directory)}', config, MODULE,
            environment={'PYTHONPATH': self.directory}, processes=1)

    def get(self, path: str) -> requests.Response:
        return self.request(self.nova_server.url, 'GET', f'/v2.1{path}')

    def write_metadata(self) -> requests.Response:
        return self.request(
            self.nova_server.url, 'PUT',
            f'/v2.1/images/{self.image_id}/metadata/k',
            json={'meta': {'k': 'v'}})

    def test_nova_goes_on(self) -> None:
        self.assertEqual(200, self.get('/flavors').status_code)
        read, write = self.get('/images'), self.write_metadata()
        self.assertFault(write, serviceUnavailable=503)
        if self.set_up.only_writes:
            self.assertEqual(200, read.status_code, read.text)
        else:
            self.assertFault(read, serviceUnavailable=503)
            self.assertNotIn(self.directory, read.text)
        self.assertEqual(200, self.get('/flavors').status_code)
        self.check_log()
        if self.set_up.mended or self.set_up.removed:
            self.mend()
            servers.wait_until(
                lambda: self.get('/images').status_code == 200
                and self.write_metadata().status_code == 200, SECONDS)
        self.assertEqual(200, self.get('/flavors').status_code)

    def check_log(self) -> None:
        """Check the CRITICAL lines of the log."""
        with open(self.nova_server.log) as file:
            log = file.read()
        lines = [line for line in log.splitlines()
                 if 'CRITICAL' in line and 'nova_images_compat' in line]
        if not self.set_up.told:
            self.assertEqual([], lines)
            return
        self.assertIn(self.filled_in(self.set_up.told), lines[0])
        self.assertNotIn('geheim', log)
        self.assertEqual(
            self.set_up.is_unexpected,
            'nova_images_compat.api.plugin Traceback' in log, log)

    def mend(self) -> None:
        """Repair the set-up."""
        if self.set_up.removed:
            os.remove(os.path.join(self.directory, self.set_up.removed))
        self.write(dict(self.set_up.mended), set())
