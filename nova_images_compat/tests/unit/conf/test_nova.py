# SPDX-License-Identifier: Apache-2.0

"""Tests of reading a nova.conf."""

from collections.abc import Iterable
import os
import pathlib
import socket
import sys

import fixtures
from oslo_config import cfg
from oslo_utils import netutils

import nova_images_compat
from nova_images_compat.conf import paths
from nova_images_compat.conf import reader
from nova_images_compat.tests.unit import helpers

DEPLOYMENTS = pathlib.Path(__file__).parents[2] / 'deployments'


class _TestCase(helpers.TestCase):

    def load_both(self, text: str) -> Iterable[tuple[str, cfg.ConfigOpts]]:
        """Read a configuration as the service does and as the filter does."""
        path = self.configuration_of(text)
        return (('service', reader.load(['--config-file', path], environ={})),
                ('filter', reader.load_files([path], [])))


class DeploymentsTest(_TestCase):

    def test_kolla(self) -> None:
        state = self.useFixture(fixtures.TempDir()).path
        text = (DEPLOYMENTS / 'kolla-nova.conf').read_text('utf-8')
        for name, conf in self.load_both(text.replace('@STATE@', state)):
            with self.case(name):
                self.assertEqual(f'{state}/state/kolla', conf.state_path)
                self.assertEqual(['http://127.0.0.1:19292'],
                                 conf.glance.api_servers)
                self.assertTrue(conf.service_user.send_service_user_token)
                self.assertTrue(
                    conf.oslo_middleware.enable_proxy_headers_parsing)


class ReferencesTest(_TestCase):

    def values(self, text: str) -> list[str]:
        return [conf.glance.endpoint_override for _, conf in self.load_both(
            f'[glance]\nendpoint_override = {text}\n')]

    def test_defaults(self) -> None:
        # As without Nova, which may be installed here, too.
        self.useFixture(fixtures.MockPatchObject(
            paths, 'PACKAGES', ('no_nova', 'nova_images_compat')))
        top = os.path.dirname(os.path.dirname(nova_images_compat.__file__))
        self.assertEqual(top, paths.base_directory())
        for text, expected in (
                ('http://$my_ip', f'http://{netutils.get_my_ipv4()}'),
                ('http://$host', f'http://{socket.gethostname()}'),
                ('http://x$state_path',
                 'http://x/var/lib/nova-images-compat')):
            with self.case(text, expected):
                self.assertEqual([expected] * 2, self.values(text), text)

    def test_values(self) -> None:
        for name, conf in self.load_both(
                '[DEFAULT]\nmy_ip = 192.0.2.9\nhost = api-1\n'
                'pybasedir = /opt/nova\nstate_path = $pybasedir/state\n'
                'tempdir = $state_path/tmp\n'
                '[glance]\nendpoint_override = http://$my_ip/$host$tempdir\n'):
            with self.case(name):
                self.assertEqual('http://192.0.2.9/api-1/opt/nova/state/tmp',
                                 conf.glance.endpoint_override)

    def test_base_directory_is_that_of_nova(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        package = pathlib.Path(directory, 'nova')
        package.mkdir()
        (package / '__init__.py').write_text('raise RuntimeError\n')
        self.useFixture(fixtures.MonkeyPatch('sys.path', [
            directory, *sys.path]))
        self.assertEqual(directory, paths.base_directory())


class OldNamesTest(_TestCase):

    def test_every_old_name(self) -> None:
        for name, conf in self.load_both(
                '[DEFAULT]\napi_paste_config = nova-paste.ini\n'
                'osapi_compute_link_prefix = compute\n'
                'osapi_glance_link_prefix = image\nosapi_max_limit = 7\n'
                'quota_metadata_items = 8\n'
                '[glance]\napi_insecure = true\n'
                '[ssl]\nca_file = /ca\ncert_file = /cert\nkey_file = /key\n'):
            with self.case(name):
                self.assertEqual('nova-paste.ini', conf.wsgi.api_paste_config)
                self.assertEqual('compute', conf.api.compute_link_prefix)
                self.assertEqual('image', conf.api.glance_link_prefix)
                self.assertEqual(7, conf.api.max_limit)
                self.assertEqual(8, conf.quota.metadata_items)
                self.assertTrue(conf.glance.insecure)
                self.assertEqual(
                    ('/ca', '/cert', '/key'),
                    (conf.glance.cafile, conf.glance.certfile,
                     conf.glance.keyfile))


class OptionsOfOthersTest(_TestCase):

    def test_what_is_wrong_in_them_does_not_matter(self) -> None:
        for name, conf in self.load_both(
                '[DEFAULT]\nosapi_compute_workers = many\n'
                'my_block_storage_ip = $nothing\ntransport_url = %%%\n'
                '[api]\nlist_records_by_skipping_down_cells = perhaps\n'
                '[quota]\ncores = many\nrecheck_quota = perhaps\n'
                '[glance]\nrbd_connect_timeout = soon\ndebug = perhaps\n'
                'min_version = $nothing\n'
                '[wsgi]\nsecure_proxy_ssl_header = $nothing\n'
                '[libvirt]\ncpu_mode = fast\nnum_pcie_ports = $my_ip\n'
                '[nowhere]\nnothing = ${\n'):
            with self.case(name):
                self.assertEqual(1000, conf.api.max_limit)
