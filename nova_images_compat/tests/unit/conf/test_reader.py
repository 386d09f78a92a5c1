# SPDX-License-Identifier: Apache-2.0

"""Tests of reading the configuration."""

import io
import os
import sys
from typing import Any
from unittest import mock

import fixtures
from oslo_config import cfg

from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers

FILES = reader.FILES_VARIABLE
DIRECTORY = reader.DIR_VARIABLE


class ReadingTest(helpers.TestCase):

    def test_what_is_said_meanwhile_is_heard(self) -> None:
        parse = cfg.ConfigOpts.__call__

        def warn(conf: cfg.ConfigOpts, *args: Any, **kwargs: Any) -> Any:
            print('a warning', file=sys.stderr)
            return parse(conf, *args, **kwargs)

        heard = self.useFixture(
            fixtures.MonkeyPatch('sys.stderr', io.StringIO())).new_value
        with mock.patch.object(cfg.ConfigOpts, '__call__', new=warn):
            reader.load(environ={FILES: self.configuration_of('')})
        self.assertEqual('a warning\n', heard.getvalue())


class PlacesTest(helpers.TestCase):

    def test_files_that_the_environment_names(self) -> None:
        first = self.configuration_of(
            '[api]\nmax_limit = 1\n[quota]\nmetadata_items = 2\n')
        second = self.configuration_of('[api]\nmax_limit = 3\n')
        conf = reader.load(environ={FILES: f' {first} ;; {second};'})
        self.assertEqual(3, conf.api.max_limit)
        self.assertEqual(2, conf.quota.metadata_items)

    def test_directory_that_the_environment_names(self) -> None:
        path = self.configuration_of('[api]\nmax_limit = 4\n')
        conf = reader.load(environ={DIRECTORY: os.path.dirname(path)})
        self.assertEqual(4, conf.api.max_limit)

    def test_files_win_over_the_directory(self) -> None:
        directory = os.path.dirname(
            self.configuration_of('[quota]\nmetadata_items = 5\n'))
        file = self.configuration_of('[api]\nmax_limit = 6\n')
        conf = reader.load(environ={FILES: file, DIRECTORY: directory})
        self.assertEqual(6, conf.api.max_limit)
        self.assertEqual(128, conf.quota.metadata_items)

    def test_command_line(self) -> None:
        conf = reader.load(
            ['--port', '80', '--config-file', self.configuration_of('')],
            environ={}, cli_opts=[cfg.PortOpt('port')])
        self.assertEqual(80, conf.port)

    def test_configurations_have_nothing_in_common(self) -> None:
        first = self.load_text('[api]\nmax_limit = 1\n')
        second = self.load_text('[api]\nmax_limit = 2\n')
        self.assertEqual(
            (1, 2), (first.api.max_limit, second.api.max_limit))

    def test_the_global_configuration_is_not_touched(self) -> None:
        self.load_text('[api]\nmax_limit = 1\n')
        for group in ('api', 'quota', 'wsgi', 'state_path'):
            with self.case(group):
                self.assertNotIn(group, cfg.CONF)


class BrokenTest(helpers.TestCase):

    def _refusal(self, environ: dict[str, str]) -> str:
        try:
            reader.load(environ=environ)
        except exception.ConfigurationError as error:
            return str(error)
        except SystemExit as error:
            # It would end the whole run of the tests.
            self.fail(f'the process is ended, with status {error.code}')
        self.fail('the configuration is accepted')

    def test_missing_file(self) -> None:
        missing = os.path.join(self.useFixture(fixtures.TempDir()).path, 'x')
        self.assertIn(missing, self._refusal({FILES: missing}))
        error = self.assertRaises(
            exception.ConfigurationError, reader.load,
            ['--config-file', missing], environ={})
        self.assertIn(missing, str(error))

    def test_missing_directory(self) -> None:
        missing = os.path.join(self.useFixture(fixtures.TempDir()).path, 'x')
        self.assertIn(missing, self._refusal({DIRECTORY: missing}))

    def test_directory_in_place_of_a_file(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        self.assertIn(directory, self._refusal({FILES: directory}))

    def test_no_configuration_file(self) -> None:
        for content in (
                b'nonsense\n', b'max_limit = 1\n [api\n', b'[api]\nx\n',
                b'[api]\nmax_limit = \xff\n'):
            with self.case(content):
                path = self.configuration_of(content)
                self.assertIn(path, self._refusal({FILES: path}))

    def test_bad_value_names_the_file_the_group_and_the_option(self) -> None:
        for group, name, value in (
                ('api', 'max_limit', 'many'),
                ('api', 'max_limit', '-1'),
                ('quota', 'driver', 'magic'),
                ('api', 'auth_strategy', 'magic'),
                ('api', 'response_validation', 'perhaps'),
                ('api', 'max_version', '3.1'),
                ('quota', 'metadata_items', '-2'),
                ('usage_counts', 'enabled', 'perhaps'),
                ('usage_counts', 'interval', '0'),
                ('database', 'max_pool_size', 'big'),
                ('oslo_policy', 'remote_ssl_verify_server_crt', 'often'),
                ('DEFAULT', 'rate_limit_burst', 'often')):
            with self.case(group, name, value):
                path = self.configuration_of(f'[{group}]\n{name} = {value}\n')
                refusal = self._refusal({FILES: path})
                self.assertIn(f'{path}: [{group}] {name}: ', refusal)
                self.assertNotIn('LocationInfo', refusal)

    def test_bad_value_of_an_option_of_the_command_line(self) -> None:
        path = self.configuration_of('[DEFAULT]\ndebug = perhaps\n')
        self.assertIn('debug', self._refusal({FILES: path}))

    def test_bad_value_in_the_environment_names_the_variable(self) -> None:
        self.useFixture(
            fixtures.EnvironmentVariable('OS_API__MAX_LIMIT', 'many'))
        refusal = self._refusal({FILES: self.configuration_of('')})
        self.assertIn('OS_API__MAX_LIMIT', refusal)
        self.assertIn('[api] max_limit', refusal)

    def test_no_password_is_told(self) -> None:
        path = self.configuration_of(
            '[database]\nconnection = mysql+pymysql://me:Geheim$no@host/db\n')
        refusal = self._refusal({FILES: path})
        self.assertIn('[database] connection: ', refusal)
        self.assertNotIn('Geheim', refusal)
