# SPDX-License-Identifier: Apache-2.0

"""The wheel and the sdist work without the checkout."""

import json
import pathlib
import subprocess
from typing import Any
from typing import TypeVar
import unittest

import fixtures
import requests
from testtools import matchers

from nova_images_compat.tests import base
from nova_images_compat.tests.integration.package import installation

F = TypeVar('F', bound=fixtures.Fixture)

COMMANDS = (
    'nova-images-compat-api', 'nova-images-compat-manage',
    'nova-images-compat-status')
EXTRAS = ('database', 'server')
SAMPLES = 'etc/nova-images-compat'
TOKEN = {'X-Auth-Token': 'demo:5f2d7c0a9b8e4d6f8a1c3e5b7d9f0a2c'}

# The Python of each installation runs it from a string.
PROBE = pathlib.Path(installation.__file__).with_name('filter_probe.py')


class PackageTest(base.TestCase):
    """Installs the package several times, for all tests.

    :cvar files: the tracked files that the package consists of
    :cvar bare: an installation without extras
    :cvar complete: installations of the wheel and the sdist with extras
    """

    files: list[str]
    bare: installation.Installation
    complete: tuple[installation.Installation, ...]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        try:
            cls.files = installation.tracked_files(
                'nova_images_compat', SAMPLES)
        except subprocess.CalledProcessError as error:
            raise unittest.SkipTest(
                'pbr makes the package of what git tracks') from error
        built = cls._start(installation.Distributions())
        cls.bare = cls._start(installation.Installation(built.wheel))
        cls.complete = tuple(
            cls._start(installation.Installation(distribution, EXTRAS))
            for distribution in (built.wheel, built.sdist))

    @classmethod
    def _start(cls, fixture: F) -> F:
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    def setUp(self) -> None:
        super().setUp()
        self.state = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def configure(self, **api: str) -> str:
        """Write a configuration that accepts every token.

        :param api: further options of [api]
        :returns: the path of the file
        """
        options = {'auth_strategy': 'noauth2', **api}
        file = self.state / 'images.conf'
        file.write_text('\n'.join((
            '[DEFAULT]', f'state_path = {self.state}', '[glance]',
            'endpoint_override = http://127.0.0.1:9', '[api]',
            *(f'{name} = {value}' for name, value in options.items()))))
        return str(file)

    def test_every_file_is_in_both(self) -> None:
        for installed in self.bare, *self.complete:
            with self.case(installed.name):
                package = pathlib.Path(installed.answer(
                    'python', '-c', 'import nova_images_compat as package; '
                    'print(package.__path__[0])').strip())
                self.assertIn(installed.prefix, package.parents)
                for name in self.files:
                    with self.case(installed.name, name):
                        place = installed.prefix if name.startswith(
                            SAMPLES) else package.parent
                        self.assertEqual(
                            (installation.TOP / name).read_bytes(),
                            (place / name).read_bytes(), name)

    def test_nothing_is_broken(self) -> None:
        for installed in self.bare, *self.complete:
            with self.case(installed.name):
                installed.pip('check')

    def test_without_the_extras_commands_name_them(self) -> None:
        for command, extra in (
                ('nova-images-compat-api', 'server'),
                ('nova-images-compat-manage', 'database')):
            with self.case(command, extra):
                ran = self.bare.run(command)
                self.assertEqual((1, ''), (ran.returncode, ran.stdout))
                self.assertThat(ran.stderr, matchers.MatchesRegex(
                    f'nova-images-compat: {command} needs .*; install '
                    rf'nova-images-compat\[{extra}\]\n$'))

    def test_status_needs_no_extra(self) -> None:
        self.bare.answer('nova-images-compat-status', '--help')
        ran = self.bare.run(
            'nova-images-compat-status', '--config-file', self.configure(),
            'upgrade', 'check', '--json')
        self.assertEqual((2, ''), (ran.returncode, ran.stderr))
        self.assertEqual(
            ['Image store', 'Image service'],
            [check['check'] for check in json.loads(ran.stdout)['checks']
             if check['result'] == 2])

    def test_catalogue_without_its_extra_is_one_line(self) -> None:
        ran = self.bare.run(
            'nova-images-compat-status', '--config-file',
            self.configure(image_store='catalog'), 'upgrade', 'check')
        self.assertEqual((2, ''), (ran.returncode, ran.stderr))
        self.assertIn('nova-images-compat[database]', ran.stdout)

    def test_help(self) -> None:
        for installed in self.complete:
            for command in COMMANDS:
                with self.case(installed.name, command):
                    self.assertIn(
                        'usage: ', installed.answer(command, '--help'))

    def test_samples_are_generated(self) -> None:
        for generator, file in (
                ('oslo-config-generator', 'config-generator.conf'),
                ('oslopolicy-sample-generator', 'policy-generator.conf')):
            with self.case(generator, file):
                sample = self.state / 'sample'
                self.complete[0].answer(
                    generator, '--config-file',
                    str(self.complete[0].prefix / SAMPLES / file),
                    '--output-file', str(sample))
                self.assertGreater(len(sample.read_text()), 1000)

    def test_filter_answers_what_is_its_own(self) -> None:
        for installed in self.bare, *self.complete:
            with self.case(installed.name):
                answers = self.ask_filter(installed)
                self.assertEqual(
                    [200, {'answered by': 'Nova'}], answers['servers'])
                status, body = answers['metadata']
                self.assertEqual((400, ['badRequest']), (status, list(body)))

    def test_filter_answers_of_the_catalogue(self) -> None:
        for installed in self.complete:
            with self.case(installed.name):
                self.make_catalogue(installed)
                status, body = self.ask_filter(
                    installed, image_store='catalog')['images']
                self.assertEqual((200, ['cirros']), (
                    status, [image['name'] for image in body['images']]))

    def test_command_serves_the_catalogue(self) -> None:
        for installed in self.complete:
            with self.case(installed.name):
                configuration = self.make_catalogue(installed)
                with installed.started(
                        'nova-images-compat-api', '--config-file',
                        configuration, '--port', '0') as server:
                    assert server.stdout
                    # The log is written there, too.
                    url = next(
                        line.split()[-1] for line in server.stdout
                        if line.startswith('Serving on '))
                    answer = requests.get(
                        f'{url}/v2.1/images', headers=TOKEN, timeout=60)
                self.assertEqual(200, answer.status_code, answer.text)
                self.assertEqual(['cirros'], [
                    image['name'] for image in answer.json()['images']])

    def make_catalogue(self, installed: installation.Installation) -> str:
        """Make a catalogue with one image.

        :returns: the path of its configuration
        """
        configuration = self.configure(image_store='catalog')
        (self.state / 'catalog.sqlite').unlink(missing_ok=True)
        for arguments in (
                ('db', 'sync'),
                ('image', 'create', '--visibility', 'public', '--project',
                 'demo', 'cirros')):
            installed.answer(
                'nova-images-compat-manage', '--config-file', configuration,
                *arguments)
        return configuration

    def ask_filter(
        self, installed: installation.Installation, **api: str,
    ) -> dict[str, Any]:
        """Return the responses of the filter, with a fake Nova behind it.

        :param api: further options of [api]
        """
        paste = self.state / 'api-paste.ini'
        paste.write_text(
            '[filter:images_compat]\n'
            'use = egg:nova-images-compat#images_compat\n'
            f'config_file = {self.configure(**api)}\n')
        return json.loads(installed.answer(
            'python', '-c', PROBE.read_text(), str(paste)))
