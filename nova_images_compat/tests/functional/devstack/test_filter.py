# SPDX-License-Identifier: Apache-2.0

"""The DevStack plugin with a filter in nova-api's pipeline."""

import getpass

from nova_images_compat.tests.functional.devstack import base


class FilterTest(base.TestCase):
    """The plugin with a filter in Nova's pipeline."""

    def stacked_api_paste(self) -> str:
        return base.API_PASTE.replace(
            'keystonecontext osapi_compute_app_v21',
            'keystonecontext images_compat osapi_compute_app_v21',
        ).replace(
            'keystonecontext legacy osapi_compute_app_v21',
            'keystonecontext legacy images_compat osapi_compute_app_v21',
        ) + (
            '\n[filter:images_compat]\n'
            'use = egg:nova-images-compat#images_compat\n'
            f'config_file = {self.conf_file}\n')

    def test_is_the_default(self) -> None:
        self.stack()
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())

    def test_an_empty_mode_is_the_default(self) -> None:
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = ''
        self.stack()
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())

    def test_installs_and_starts_nothing_of_its_own(self) -> None:
        self.stack()
        self.assertEqual(
            [('setup_develop', f'{self.scratch}/dest/nova-images-compat', '')],
            self.calls())
        self.assertFalse(self.site.exists())

    def test_installs_extras(self) -> None:
        self.variables['NOVA_IMAGES_COMPAT_EXTRAS'] = 'database,mysql'
        self.stack()
        self.assertEqual(
            ('setup_develop', f'{self.scratch}/dest/nova-images-compat',
             'database,mysql'), self.calls()[0])

    def test_nova_starts_with_the_filter_in_place(self) -> None:
        self.run_phases(*base.STACK[:2], options='set -o errexit')
        self.assertEqual(base.API_PASTE, self.api_paste.read_text())
        self.run_phases(base.STACK[2], options='set -o errexit')
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())

    def test_stacked_again_the_filter_is_there_once(self) -> None:
        self.stack()
        self.stack()
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())

    def test_unstack_leaves_it_to_the_next_stack(self) -> None:
        self.stack()
        self.unstack()
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())

    def test_unstack_stops_nothing(self) -> None:
        self.stack()
        self.calls()
        self.unstack()
        self.assertEqual([], self.calls())

    def test_unstack_stops_the_service_of_the_other_mode(self) -> None:
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = 'service'
        self.stack()
        self.calls()
        self.variables['NOVA_IMAGES_COMPAT_MODE'] = 'filter'
        self.unstack()
        self.assertEqual(('stop_process', 'images-compat'), self.calls()[0])
        self.assertFalse(self.site.exists())
        self.stack()
        self.assertEqual(self.stacked_api_paste(), self.api_paste.read_text())
        self.calls()
        self.unstack()
        self.assertEqual([], self.calls())

    def test_clean_removes_it(self) -> None:
        self.stack()
        self.clean()
        self.assertEqual(base.API_PASTE, self.api_paste.read_text())
        self.assertFalse(self.conf_dir.exists())
        self.assertFalse(self.state.exists())

    def test_clean_removes_it_where_somebody_else_added_it(self) -> None:
        self.stack()
        begin, end = self.stacked_api_paste().split('\n[filter:images_compat]')
        self.api_paste.write_text(
            f'{begin}[filter:images_compat]{end}[filter:more]\nuse = more\n')
        self.clean()
        self.assertEqual(
            f'{base.API_PASTE}[filter:more]\nuse = more\n',
            self.api_paste.read_text())

    def test_clean_keeps_a_filter_with_a_longer_name(self) -> None:
        with_more = base.API_PASTE.replace(
            'keystonecontext', 'no_images_compat images_compats')
        self.api_paste.write_text(with_more)
        self.stack()
        self.clean()
        self.assertEqual(with_more, self.api_paste.read_text())

    def test_a_pipeline_without_novas_application_ends_the_run(self) -> None:
        self.api_paste.write_text(
            base.API_PASTE.replace('osapi_compute_app_v21', 'another'))
        done = self.stack(check=False)
        self.assertEqual(1, done.returncode)
        self.assertEqual(
            'no osapi_compute_app_v21 in '
            '[composite:openstack_compute_api_v21] keystone of '
            f'{self.api_paste}\n', done.stderr)

    def test_configuration(self) -> None:
        self.stack()
        conf = self.load_conf()
        self.assertEqual(str(self.state), conf.state_path)
        self.assertTrue(self.state.is_dir())
        self.assertEqual(getpass.getuser(), self.state.owner())
        self.assertEqual(
            f'file://{self.state}/locks', conf.coordination.backend_url)
        self.assertEqual('RegionTwo', conf.glance.region_name)
        self.assertTrue(conf.service_user.send_service_user_token)
        written = self.ini(self.conf_file)
        self.assertEqual('nova', written['service_user']['username'])
        # Nova authenticates, and logs.
        self.assertNotIn('keystone_authtoken', written)
        self.assertEqual({'state_path'}, written['DEFAULT'].keys())

    def test_with_tls_the_service_user_has_its_ca(self) -> None:
        self.stack()
        self.assertIsNone(self.load_conf().service_user.cafile)
        self.ca_bundle.touch()
        self.stack()
        self.assertEqual(
            str(self.ca_bundle), self.load_conf().service_user.cafile)

    def test_without_service_tokens_in_nova(self) -> None:
        self.variables['NOVA_USE_SERVICE_TOKEN'] = 'False'
        self.stack()
        self.assertEqual({'DEFAULT', 'glance'}, self.ini(
            self.conf_file).keys())

    def test_tempest_tests_the_compute_endpoint(self) -> None:
        self.stack()
        self.assertEqual(
            {'catalog_type': 'compute'},
            self.ini(self.tempest_conf)['images_compat'])

    def test_needs_nova_api(self) -> None:
        self.variables['ENABLED_SERVICES'] = 'keystone,n-cpu'
        done = self.stack(check=False)
        self.assertEqual(1, done.returncode)
        self.assertEqual(
            'NOVA_IMAGES_COMPAT_MODE=filter needs n-api on this host; without '
            'it: disable_service images-compat\n', done.stderr)
        self.assertEqual([], self.calls())
