# SPDX-License-Identifier: Apache-2.0

"""The DevStack plugin with a service of its own."""

from collections.abc import Iterable
import getpass
import pathlib
import re

import webob

from nova_images_compat.api import app
from nova_images_compat.api import routes
from nova_images_compat.tests.functional.devstack import base


class ServiceTest(base.TestCase):
    """The plugin with a service of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = 'service'
        self.uwsgi = self.conf_dir / 'nova-images-compat-uwsgi.ini'

    def test_calls(self) -> None:
        self.stack()
        self.assertEqual([
            ('setup_develop', f'{self.scratch}/dest/nova-images-compat',
             'token-cache'),
            ('setup_logging', str(self.conf_file)),
            ('write_uwsgi_config', str(self.uwsgi),
             'nova_images_compat.wsgi:application', '/compute-images', '',
             'images-compat'),
            ('restart_apache_server',),
            ('restart_apache_server',),
            ('create_service_user', 'nova-images-compat'),
            ('get_or_create_service', 'nova-images-compat', 'compute-images',
             'Nova Images API'),
            ('get_or_create_endpoint', 'compute-images', 'RegionTwo',
             'http://192.0.2.1/compute-images/v2.1'),
            ('run_process', 'images-compat',
             f'{self.scratch}/bin/uwsgi --procname-prefix images-compat '
             f'--ini {self.uwsgi}'),
            ('wait_for_service', '60',
             'http://192.0.2.1/compute-images/healthcheck'),
        ], self.calls())
        self.assertEqual(base.API_PASTE, self.api_paste.read_text())

    def test_installs_further_extras(self) -> None:
        self.variables['NOVA_IMAGES_COMPAT_EXTRAS'] = 'database,mysql'
        self.stack()
        self.assertEqual(
            ('setup_develop', f'{self.scratch}/dest/nova-images-compat',
             'token-cache,database,mysql'), self.calls()[0])

    def test_unstack_stops_it_and_restores_novas_paths(self) -> None:
        self.stack()
        self.calls()
        self.unstack()
        self.assertEqual([
            ('stop_process', 'images-compat'),
            ('remove_uwsgi_config', str(self.uwsgi), 'images-compat'),
            ('a2dissite', '--purge', '--quiet', 'images-compat'),
        ], self.calls())
        self.assertFalse(self.site.exists())
        self.assertFalse(self.uwsgi.exists())

    def test_unstack_on_fedora(self) -> None:
        self.variables['DISTRIBUTION'] = 'fedora'
        self.stack()
        self.calls()
        self.unstack()
        self.assertEqual([
            ('stop_process', 'images-compat'),
            ('remove_uwsgi_config', str(self.uwsgi), 'images-compat'),
        ], self.calls())
        self.assertFalse(self.site.exists())

    def test_clean_leaves_nothing(self) -> None:
        before = self._files()
        self.stack()
        self.assertNotEqual(before, self._files())
        self.clean()
        self.assertEqual(before, self._files())

    def _files(self) -> set[pathlib.Path]:
        return {
            path for path in self.scratch.rglob('*')
            if path.is_file() and path != self.calls_file}

    def test_configuration(self) -> None:
        self.stack()
        conf = self.load_conf()
        self.assertEqual(str(self.state), conf.state_path)
        self.assertEqual(getpass.getuser(), self.state.owner())
        self.assertTrue(conf.debug)
        self.assertFalse(conf.use_syslog)
        self.assertEqual('%(message)s', conf.logging_default_format_string)
        self.assertEqual('RegionTwo', conf.glance.region_name)
        self.assertFalse(conf.oslo_middleware.enable_proxy_headers_parsing)
        self.assertEqual(
            f'{self.conf_dir}/api-paste.ini', conf.wsgi.api_paste_config)
        self.assertEqual(
            (base.ROOT / 'etc/nova-images-compat/api-paste.ini').read_text(),
            (self.conf_dir / 'api-paste.ini').read_text())
        written = self.ini(self.conf_file)
        for section in 'keystone_authtoken', 'service_user':
            with self.case(section):
                self.assertEqual(
                    'nova-images-compat', written[section]['username'])
        self.assertNotIn('coordination', written)

    def test_the_service_starts_with_it(self) -> None:
        self.stack()
        request = webob.Request.blank('/v2.1')
        response = request.get_response(app.load(self.load_conf()))
        self.assertEqual(200, response.status_int)

    def test_uwsgi_has_the_configuration(self) -> None:
        self.stack()
        options = self.ini(self.uwsgi)['uwsgi']
        self.assertEqual(
            f'OS_NOVA_IMAGES_COMPAT_CONFIG_FILES={self.conf_file}',
            options['env'])
        self.assertEqual('true', options['need-app'])

    def test_syslog(self) -> None:
        self.variables['SYSLOG'] = 'True'
        self.stack()
        self.assertTrue(self.load_conf().use_syslog)

    def test_behind_tls_proxy(self) -> None:
        self.variables['ENABLED_SERVICES'] += ',tls-proxy'
        self.variables['NOVA_SERVICE_PROTOCOL'] = 'https'
        self.stack()
        self.assertTrue(
            self.load_conf().oslo_middleware.enable_proxy_headers_parsing)
        self.assertIn(
            ('get_or_create_endpoint', 'compute-images', 'RegionTwo',
             'https://192.0.2.1/compute-images/v2.1'), self.calls())

    def test_stacked_again_the_site_is_the_same(self) -> None:
        self.stack()
        once = self.site.read_text()
        self.stack()
        self.assertEqual(once, self.site.read_text())
        self.assertEqual(2, len(once.splitlines()))

    def test_apache_reads_the_site_before_novas(self) -> None:
        self.stack()
        self.assertEqual(
            ['images-compat.conf', 'nova-api.conf'],
            sorted([self.site.name, 'nova-api.conf']))

    def test_routed_paths(self) -> None:
        self.stack()
        ((pattern, target),) = re.findall(
            r'^ProxyPassMatch "([^"]+)" "([^"]+)" retry=0 acquire=1$',
            self.site.read_text(), re.MULTILINE)
        self.assertEqual(
            'unix:/var/run/uwsgi/images-compat.socket|'
            'uwsgi://uwsgi-uds-images-compat$1', target)
        for path in self._image_paths():
            with self.case(path):
                found = re.search(pattern, f'/compute{path}')
                self.assertEqual(path, found and found[1])
        for path in (
                '', '/', '/v2.1', '/v2.1/', '/v2.1/servers', '/v2.1/imagesx',
                '/v2.1/servers/images', '/v2.1/0a-1/servers/images',
                '/v2.1/0a-1/os-x/images', '/v2x1/images', '/v3/images',
                '/images'):
            with self.case(path):
                self.assertIsNone(re.search(pattern, f'/compute{path}'))
        self.assertIsNone(re.search(pattern, '/x/compute/v2.1/images'))
        self.assertIsNone(re.search(pattern, '/compute-images/v2.1/images'))

    def _image_paths(self) -> Iterable[str]:
        for version in '/v2', '/v2.1':
            for project in '', '/0a1b2c3d-4e5f':
                for _, path, _, _ in routes.TABLE:
                    yield version + project + path.format(
                        image_id='An image', key='a/b?')
                yield f'{version}{project}/images/'

    def test_without_nova_api_nothing_of_novas_is_routed(self) -> None:
        self.variables['ENABLED_SERVICES'] = 'keystone'
        self.stack()
        self.assertEqual(1, len(self.site.read_text().splitlines()))
        self.assertEqual(1, self.calls().count(('restart_apache_server',)))

    def test_without_keystone_on_this_host(self) -> None:
        self.variables['ENABLED_SERVICES'] = 'n-api'
        self.stack()
        self.assertFalse(
            {'create_service_user', 'get_or_create_service',
             'get_or_create_endpoint'} & {call[0] for call in self.calls()})

    def test_a_service_that_does_not_answer_ends_the_run(self) -> None:
        self.variables['SERVICE_ANSWERS'] = 'False'
        done = self.stack(check=False)
        self.assertEqual(
            (1, 'images-compat did not start\n'),
            (done.returncode, done.stderr))

    def test_tempest_tests_its_endpoint(self) -> None:
        self.stack()
        self.assertEqual({
            'compute': {'catalog_type': 'compute'},
            'images_compat': {'catalog_type': 'compute-images'},
        }, self.ini(self.tempest_conf))

    def test_without_tempest(self) -> None:
        self.variables['ENABLED_SERVICES'] = 'keystone,n-api'
        before = self.tempest_conf.read_text()
        self.stack()
        self.assertEqual(before, self.tempest_conf.read_text())

    def test_the_next_stack_may_have_the_other_mode(self) -> None:
        self.stack()
        self.unstack()
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = 'filter'
        self.stack()
        self.assertFalse(self.site.exists())
        self.assertIn('images_compat', self.api_paste.read_text())
        self.assertNotIn('keystone_authtoken', self.ini(self.conf_file))
