# SPDX-License-Identifier: Apache-2.0

"""The base class of the tests of the DevStack plugin.

The tests run without DevStack: ``recorders.sh`` replaces those functions of
DevStack that the plugin calls, and the phases follow one another as in
DevStack's stack.sh, unstack.sh and clean.sh.
"""

import configparser
import getpass
import os
import pathlib
import shutil
import subprocess

import fixtures
from oslo_config import cfg

from nova_images_compat.conf import reader
from nova_images_compat.tests import base as tests_base

ROOT = pathlib.Path(__file__).parents[4]
PLUGIN = ROOT / 'devstack/plugin.sh'
SETTINGS = ROOT / 'devstack/settings'
RECORDERS = pathlib.Path(__file__).parent / 'recorders.sh'

# The programs that the plugin may call, apart from bash's own commands.
PROGRAMS = ('cp', 'install', 'rm', 'sed', 'tee', 'sudo', 'uwsgi')
# The programs that only the recorders call.
OTHER_PROGRAMS = ('awk', 'mv')

STACK = (
    'stack pre-install', 'stack install', 'stack post-config', 'stack extra',
    'stack test-config')

# In the format of Nova's own file: two composites that name a pipeline for
# each strategy, and sections whose options are set by "=" and by ":".
API_PASTE = """\
# A comment.
[composite:osapi_compute]
use = call:nova.urlmap:factory
/: versions
/v2/+: openstack_compute_api_v21_legacy_v2_compatible
/v2.1/+: openstack_compute_api_v21

[composite:openstack_compute_api_v21]
use = call:nova.auth:factory
keystone = cors request_log authtoken keystonecontext osapi_compute_app_v21
# One more comment.
noauth2 = cors request_log noauth2 osapi_compute_app_v21

[composite:openstack_compute_api_v21_legacy_v2_compatible]
use = call:nova.auth:factory
keystone = cors authtoken keystonecontext legacy osapi_compute_app_v21
noauth2 = cors noauth2 legacy osapi_compute_app_v21

[app:osapi_compute_app_v21]
paste.app_factory = nova.compute:factory

[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
"""


def _find_program(name: str) -> str:
    """Return the path of a program.

    :raises: FileNotFoundError: if it is not installed
    """
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(name)
    return path


class TestCase(tests_base.TestCase):
    """A test that runs the plugin in a directory of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.scratch = pathlib.Path(os.path.realpath(
            self.useFixture(fixtures.TempDir()).path))
        for name in ('bin', 'disabled_sites', 'nova', 'sites', 'tempest'):
            (self.scratch / name).mkdir()
        for name in PROGRAMS + OTHER_PROGRAMS:
            self._provide(name)
        self.calls_file = self.scratch / 'calls'
        self.api_paste = self.scratch / 'nova/api-paste.ini'
        self.api_paste.write_text(API_PASTE)
        self.ca_bundle = self.scratch / 'ca-bundle.pem'
        self.tempest_conf = self.scratch / 'tempest/tempest.conf'
        self.tempest_conf.write_text('[compute]\ncatalog_type = compute\n')
        self.conf_dir = self.scratch / 'etc/nova-images-compat'
        self.conf_file = self.conf_dir / 'nova-images-compat.conf'
        self.state = self.scratch / 'data/nova-images-compat'
        self.site = self.scratch / 'sites/images-compat.conf'
        source = self.scratch / 'dest/nova-images-compat'
        source.parent.mkdir()
        source.symlink_to(ROOT)
        self.variables = {
            'APACHE_CONF_DIR': str(self.scratch / 'sites'),
            'CALLS': str(self.calls_file),
            'DATA_DIR': str(self.scratch / 'data'),
            'DEST': str(source.parent),
            'DISABLED_SERVICES': '',
            'DISABLED_SITES': str(self.scratch / 'disabled_sites'),
            'DISTRIBUTION': 'ubuntu',
            'ENABLED_SERVICES': 'keystone,g-api,n-api,tempest',
            'ENABLE_DEBUG_LOG_LEVEL': 'True',
            'KEYSTONE_SERVICE_URI': 'http://192.0.2.1/identity',
            'NOVA_API_PASTE_INI': str(self.api_paste),
            'NOVA_IMAGES_COMPAT_CONF_DIR': str(self.conf_dir),
            'NOVA_SERVICE_PROTOCOL': 'http',
            'NOVA_USE_SERVICE_TOKEN': 'True',
            'PATH': str(self.scratch / 'bin'),
            'REGION_NAME': 'RegionTwo',
            'SCRATCH': str(self.scratch),
            'SERVICE_ANSWERS': 'True',
            'SERVICE_HOST': '192.0.2.1',
            'SERVICE_PASSWORD': 'of-the-test',
            'SERVICE_TIMEOUT': '60',
            'SSL_BUNDLE_FILE': str(self.ca_bundle),
            'STACK_USER': getpass.getuser(),
            'SYSLOG': 'False',
            'TEMPEST_CONFIG': str(self.tempest_conf),
        }

    def _provide(self, name: str) -> None:
        """Put a program on the PATH of the plugin."""
        place = self.scratch / 'bin' / name
        if name in ('sudo', 'uwsgi'):
            place.touch(0o755)
        else:
            place.symlink_to(_find_program(name))

    def bash(
        self, script: str, check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script that can call DevStack's functions.

        :param check: whether to fail if the script does
        """
        done = subprocess.run(
            [_find_program('bash'), '--noprofile', '--norc', '-c',
             f'source {RECORDERS}\n{script}'],
            env=self.variables, cwd=self.scratch, capture_output=True,
            text=True, timeout=60)
        if check:
            self.assertEqual((0, ''), (done.returncode, done.stderr))
        return done

    def run_phases(
        self, *phases: str, options: str = '', check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run phases in one process, as DevStack's scripts do.

        :param phases: the arguments with which plugin.sh is sourced
        :param options: a command that sets options of bash
        """
        return self.bash('\n'.join([
            options, f'source {SETTINGS}',
            *(f'source {PLUGIN} {phase}' for phase in phases)]), check)

    def stack(self, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Do what stack.sh does, which stops at an error."""
        return self.run_phases(
            *STACK, options='set -o errexit', check=check)

    def unstack(self) -> None:
        self.run_phases('unstack')

    def clean(self) -> None:
        """Do what clean.sh does, which runs unstack.sh first."""
        self.unstack()
        self.run_phases('clean')

    def calls(self) -> list[tuple[str, ...]]:
        """Return the calls since the last time, except define_plugin's."""
        lines = self.calls_file.read_text().splitlines()
        self.calls_file.unlink()
        return [
            call for call in (tuple(line.split('\t')) for line in lines)
            if call[0] != 'define_plugin']

    def ini(self, path: pathlib.Path) -> dict[str, dict[str, str]]:
        parser = configparser.RawConfigParser(default_section='')
        parser.read_string(path.read_text())
        return {name: dict(parser[name]) for name in parser.sections()}

    def load_conf(self) -> cfg.ConfigOpts:
        """Read the configuration as the service does."""
        return reader.load(environ={
            reader.FILES_VARIABLE: str(self.conf_file)})
