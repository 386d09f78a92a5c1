# SPDX-License-Identifier: Apache-2.0

"""The samples of systemd and logrotate, checked by these programs."""

import grp
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import unittest

import fixtures

from nova_images_compat.tests import base

SAMPLES = pathlib.Path(__file__).parents[3] / 'etc/nova-images-compat'
UNIT = 'nova-images-compat.service'
SCRIPTS = '/opt/nova-images-compat/bin'
LOGS = '/var/log/nova-images-compat'
USER = 'nova-images-compat'

# In tenths: systemd calls up to 1.9 "OK", without exposure it is 0.0. What is
# left is that the service uses the network.
MAX_EXPOSURE = 15

LOG_TWICE = '''
import sys
from oslo_log import log
from nova_images_compat.conf import reader

conf = reader.load(['--config-file', sys.argv[1]], environ={})
reader.set_up_logging(conf)
for line in sys.stdin:
    log.getLogger('nova_images_compat').warning(line.strip())
    print(flush=True)
'''


class SamplesTestCase(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(
            self.useFixture(fixtures.TempDir()).path)

    def find_program(self, name: str, package: str) -> str:
        """Return the path of a program, or skip the test.

        :param package: the Debian package that contains it
        """
        path = shutil.which(name, path=f'{os.environ["PATH"]}:/usr/sbin')
        if path is None:
            raise unittest.SkipTest(
                f'there is no {name} (Debian package: {package})')
        return path

    def fill(self, name: str, *replaced: tuple[str, str]) -> pathlib.Path:
        """Write a sample with some of its texts replaced."""
        text = (SAMPLES / name).read_text()
        for old, new in replaced:
            with self.case(old):
                self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.directory / name
        path.write_text(text)
        return path

    def run_program(self, *command: str | pathlib.Path) -> str:
        """Run a program that must succeed, and return all of its output."""
        ran = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
        self.assertEqual(0, ran.returncode, ran.stdout)
        return ran.stdout


class UnitTest(SamplesTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.analyze = self.find_program('systemd-analyze', 'systemd')

    def test_verify(self) -> None:
        for program in ('python', 'pyuwsgi'):
            (self.directory / program).symlink_to(sys.executable)
        unit = self.fill(UNIT, (SCRIPTS, str(self.directory)))
        self.assertEqual('', self.run_program(
            self.analyze, 'verify', '--man=no', '--recursive-errors=no',
            unit))

    def test_security(self) -> None:
        self.run_program(
            self.analyze, 'security', '--offline=true', '--no-pager',
            f'--threshold={MAX_EXPOSURE}', SAMPLES / UNIT)


class LogRotateTest(SamplesTestCase):

    def test_rotated_file(self) -> None:
        """A process goes on in the new file, without a signal."""
        logrotate = self.find_program('logrotate', 'logrotate')
        configuration = self.directory / 'service.conf'
        log = self.directory / 'api.log'
        configuration.write_text(f'[DEFAULT]\nlog_file = {log}\n')
        user = pwd.getpwuid(os.geteuid()).pw_name
        group = grp.getgrgid(os.getegid()).gr_name
        rules = self.fill(
            'logrotate.conf', (f'su {USER} {USER}', f'su {user} {group}'),
            (f'{LOGS}/*.log', str(log)))
        rules.chmod(0o644)
        with subprocess.Popen(
                [sys.executable, '-c', LOG_TWICE, configuration], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as service:
            assert service.stdin and service.stdout
            for line in ('before', 'after'):
                service.stdin.write(f'{line}\n')
                service.stdin.flush()
                service.stdout.readline()
                if line == 'before':
                    self.run_program(
                        logrotate, '--force', '--state',
                        self.directory / 'state', rules)
            service.stdin.close()
        self.assertIn('before', (self.directory / 'api.log.1').read_text())
        self.assertIn('after', log.read_text())
        self.assertNotIn('before', log.read_text())
