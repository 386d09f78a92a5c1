# SPDX-License-Identifier: Apache-2.0

"""The commands of oslo.config with the options of the service."""

import pathlib

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests.functional import commands

TOP = pathlib.Path(__file__).parents[3]
GENERATOR = TOP / 'etc/nova-images-compat/config-generator.conf'
KOLLA = pathlib.Path(fixtures.__file__).parent / 'deployments/kolla-nova.conf'

CONFIGURATION = '''\
[DEFAULT]
log_file = /var/log/nova-images-compat.log
# Nova 29's name.
osapi_max_limit = 500
[api]
image_store = glance
[glance]
region_name = RegionOne
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:5000/v3
username = nova-images-compat
[oslo_policy]
policy_file = /etc/nova-images-compat/policy.yaml
[service_user]
send_service_user_token = true
auth_type = password
auth_url = http://127.0.0.1:5000/v3
project_domain_name = Default
project_name = service
user_domain_name = Default
username = nova-images-compat
password = secret
'''

# What a nova.conf has that the service ignores.
OF_NOVA = {
    'DEFAULT/transport_url', 'api_database/connection',
    'api_database/connection_recycle_time', 'api_database/max_pool_size',
    'api_database/max_retries', 'conductor/workers', 'glance/debug',
    'oslo_concurrency/lock_path', 'oslo_messaging_notifications/driver',
    'placement/auth_type', 'placement/auth_url'}


class ValidatorTest(base.TestCase):

    def _unknown(self, path: str) -> tuple[int, set[str]]:
        """Validate a configuration file, and return the exit status and the
        unknown options.
        """
        result = commands.run(
            'oslo-config-validator', '--config-file', str(GENERATOR),
            '--input-file', path)
        return result.status, {
            line.split()[0].rpartition(':')[2]
            for line in result.stderr.splitlines()
            if 'is not part of the sample config' in line}

    def _write(self, text: str) -> str:
        return self.create_tempfiles([('service', text)])[0]

    def test_valid(self) -> None:
        self.assertEqual(
            (0, set()), self._unknown(self._write(CONFIGURATION)))

    def test_unknown_options(self) -> None:
        path = self._write(f'{CONFIGURATION}[quota]\nmetadata_itmes = 7\n')
        self.assertEqual((1, {'quota/metadata_itmes'}), self._unknown(path))

    def test_the_sample(self) -> None:
        sample = commands.run(
            'oslo-config-generator', '--config-file', str(GENERATOR),
            '--output-file', '/dev/stdout')
        self.assertEqual(0, sample.status, sample.stderr)
        options = [
            line.removeprefix('#') for line in sample.stdout.splitlines()
            if line.startswith('[') or line[:1] == '#' and line[1:2].isalpha()]
        self.assertIn('max_limit = 1000', options)
        self.assertEqual(
            (0, set()), self._unknown(self._write('\n'.join(options))))

    def test_a_whole_nova_conf(self) -> None:
        self.assertEqual((1, OF_NOVA), self._unknown(str(KOLLA)))

    def test_our_own_options_alone(self) -> None:
        result = commands.run(
            'oslo-config-validator', '--namespace', 'nova-images-compat',
            '--input-file', self._write('[api]\nmax_limit = 7\n'))
        self.assertEqual(commands.Result(0, '', ''), result)
