# SPDX-License-Identifier: Apache-2.0

"""The base class of the tests of nova-images-compat-manage."""

from collections.abc import Mapping
import io
import json
import sqlite3
from typing import Any

import fixtures

from nova_images_compat.cmd import manage
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

ID = '6a7f119d-5c3e-4c8c-9f6e-0d4f4f1c9a05'
OTHER_ID = '0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9'


class ManageTestCase(helpers.TestCase):
    """A test of the command with a new catalogue.

    :cvar options: values of the configuration, by group and name
    """

    options: Mapping[str, Mapping[str, Any]] = {}

    def setUp(self) -> None:
        super().setUp()
        # oslo.log would remove the handlers of the tests.
        self.useFixture(fixtures.MockPatch('oslo_log.log.setup'))
        self.configuration = self.useFixture(
            own_fixtures.Configuration(self.options))
        self.database = self.configuration.directory + '/catalog.sqlite'

    def run_command(
        self, *arguments: str, standard_input: bytes = b'',
    ) -> int | str | None:
        """Run the command.

        :returns: its exit status
        """
        output = io.TextIOWrapper(io.BytesIO(), write_through=True)
        errors = io.StringIO()
        for name, stream in (
                ('stdout', output), ('stderr', errors),
                ('stdin', io.TextIOWrapper(io.BytesIO(standard_input)))):
            patch = fixtures.MonkeyPatch(f'sys.{name}', stream)
            patch.setUp()
            self.addCleanup(patch.cleanUp)
        status: Any
        try:
            status = manage.main(
                '--config-file', self.configuration.path, *arguments)
        except SystemExit as error:
            status = error.code
        output.flush()
        self.output = output.buffer.getvalue().decode()
        self.errors = errors.getvalue()
        return status

    def succeed(self, *arguments: str, **kwargs: Any) -> str:
        """Run the command, and check that it succeeds.

        :returns: its output
        """
        status = self.run_command(*arguments, **kwargs)
        self.assertEqual((0, ''), (status, self.errors))
        return self.output

    def fail_with(self, *arguments: str, **kwargs: Any) -> str:
        """Run the command, and check that it fails.

        :returns: the line that it prints
        """
        status = self.run_command(*arguments, **kwargs)
        self.assertEqual((1, ''), (status, self.output))
        [line] = self.errors.splitlines()
        return line.removeprefix('nova-images-compat: ')

    def sync(self) -> None:
        self.succeed('db', 'sync')

    def exported(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.succeed(
            'image', 'export').splitlines()]

    def images_file(self, *lines: Any) -> str:
        """Write a file with these lines, and return its path."""
        return self.write('images.json', '\n'.join(
            line if isinstance(line, str) else json.dumps(line)
            for line in lines))

    def lock(self) -> None:
        """Lock the catalogue for all other writers."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute('BEGIN IMMEDIATE')
