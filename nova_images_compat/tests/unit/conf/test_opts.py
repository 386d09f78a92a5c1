# SPDX-License-Identifier: Apache-2.0

"""Tests of the list of options."""

from oslo_config import cfg
from oslo_db import options as db_options

from nova_images_compat.conf import database
from nova_images_compat.conf import opts
from nova_images_compat.tests.unit import helpers


class OptionsTest(helpers.TestCase):

    def test_every_option_is_explained(self) -> None:
        for group, options in opts.list_opts():
            for option in options:
                with self.case(str(group), option.name):
                    self.assertRegex(option.help or '', r'^[A-Z]')

    def test_no_group_is_hidden_by_an_attribute(self) -> None:
        for group, _ in opts.list_opts():
            with self.case(str(group)):
                self.assertFalse(group and hasattr(cfg.ConfigOpts, group.name))

    def test_old_group_of_the_counts(self) -> None:
        conf = self.load_text(
            '[usage]\nenabled = true\ninterval = 7\nmax_counters = 8\n')
        self.assertEqual(
            (True, 7, 8), (conf.usage_counts.enabled,
                           conf.usage_counts.interval,
                           conf.usage_counts.max_counters))

    def test_the_catalogue_is_in_the_state_path(self) -> None:
        conf = self.load_text('[DEFAULT]\nstate_path = /somewhere\n')
        self.assertEqual(
            'sqlite:////somewhere/catalog.sqlite', conf.database.connection)

    def test_browsers_may_use_what_clients_need(self) -> None:
        conf = self.load_text('')
        self.assertIn('X-Auth-Token', conf.cors.allow_headers)
        self.assertIn('OpenStack-API-Version', conf.cors.expose_headers)
        self.assertEqual(
            ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'],
            conf.cors.allow_methods)

    def test_the_libraries_defaults_stay_for_others(self) -> None:
        self.load_text('')
        other = cfg.ConfigOpts()
        other.register_opts(db_options.database_opts, group='database')
        other([])
        self.assertIsNone(other.database.connection)

    def test_sample_has_the_options_and_our_defaults(self) -> None:
        result = helpers.run_python(
            '-m', 'oslo_config.generator', '--namespace',
            'nova-images-compat', '--namespace', 'oslo.db')
        self.assertEqual(0, result.returncode, result.stderr)
        lines = result.stdout.splitlines()
        for line in (
                '[api]', '#auth_strategy = keystone', '#max_limit = 1000',
                '[quota]', '#metadata_items = 128', '[wsgi]',
                f'#connection = {database.CONNECTION}'):
            with self.case(line):
                self.assertIn(line, lines)
