# SPDX-License-Identifier: Apache-2.0

"""Tests of finding the configuration in another service's process."""

import os
import sys
from typing import Any

from oslo_config import cfg

from nova_images_compat.conf import filter_options
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


def limit(value: int) -> str:
    return f'[api]\nmax_limit = {value}\n'


class LoadTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.file = self.configuration_of(
            '[DEFAULT]\nosapi = x\n[nova_only]\nbad = %\n' + limit(1)
            + '[quota]\nmetadata_items = 11\n')
        self.drop_in = self.write('other.conf', limit(2))
        self.directory = os.path.dirname(self.drop_in)

    def _host(self, *argv: str, **places: Any) -> cfg.ConfigOpts:
        host = cfg.ConfigOpts()
        host(list(argv), project='nova', **places)
        return host

    def _limits(
        self, options: dict[str, str], host: cfg.ConfigOpts | None = None,
    ) -> tuple[int, int]:
        conf = filter_options.load(options, host or cfg.ConfigOpts())
        return conf.api.max_limit, conf.quota.metadata_items

    def test_files_of_the_section(self) -> None:
        host = self._host(default_config_files=[self.drop_in])
        self.assertEqual(
            (1, 11), self._limits({'config_file': self.file}, host))
        self.assertEqual((2, 11), self._limits(
            {'config_file': f'{self.file}; {self.drop_in};'}, host))

    def test_directory_of_the_section(self) -> None:
        host = self._host(default_config_files=[self.file])
        self.assertEqual(
            (2, 128), self._limits({'config_dir': self.directory}, host))
        self.assertEqual((2, 11), self._limits({
            'config_file': self.file, 'config_dir': self.directory}, host))

    def test_what_the_process_was_started_with(self) -> None:
        for name, host in (
                ('defaults', self._host(
                    default_config_files=[self.file],
                    default_config_dirs=[self.directory])),
                ('command line', self._host(
                    '--config-file', self.file,
                    '--config-dir', self.directory)),
                ('both', self._host(
                    '--config-file', self.file,
                    default_config_dirs=[self.directory]))):
            with self.case(name):
                self.assertEqual((2, 11), self._limits({}, host))
        host = self._host('--config-file', self.file,
                          default_config_files=[self.drop_in],
                          default_config_dirs=[])
        self.assertEqual((1, 11), self._limits({}, host))

    def test_the_process_is_not_touched(self) -> None:
        host = self._host(default_config_files=[self.file])
        before = (list(host), sys.stderr, dict(host.items()))
        self._limits({}, host)
        self.assertEqual(before, (list(host), sys.stderr, dict(host.items())))

    def test_a_log_option_is_the_other_services_business(self) -> None:
        file = self.configuration_of('[DEFAULT]\ndebug = perhaps\n' + limit(3))
        self.assertEqual((3, 128), self._limits({'config_file': file}))

    def _refusal(self, options: dict[str, str], **kwargs: Any) -> str:
        return str(self.assertRaises(
            exception.ConfigurationError, self._limits, options, **kwargs))

    def test_what_is_wrong_is_named(self) -> None:
        for options, told in (
                ({'config_fil': self.file}, '[filter:images_compat] '
                 'config_fil: there is no such option'),
                ({'config_file': ''}, '[filter:images_compat] config_file'),
                ({'config_dir': ';'}, '[filter:images_compat] config_dir'),
                ({'config_file': '/nowhere.conf'}, '/nowhere.conf'),
                ({'config_dir': '/nowhere.d'}, '/nowhere.d'),
                ({}, 'set config_file')):
            with self.case(options, told):
                self.assertIn(told, self._refusal(options))
