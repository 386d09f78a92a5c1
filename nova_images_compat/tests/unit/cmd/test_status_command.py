# SPDX-License-Identifier: Apache-2.0

"""Tests of the status command: its users, its output, and how it ends."""

from collections.abc import Mapping
import functools
import os
import pwd
from typing import Any

import fixtures
from oslo_config import cfg

from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.cmd import test_status
from nova_images_compat.tests.unit import helpers


class UserTest(test_status.StatusTestCase):
    """Root can check as the service's user."""

    def setUp(self) -> None:
        super().setUp()
        self.calls: list[tuple[str, Any]] = []
        for name in ('initgroups', 'setgid', 'setuid'):
            self.useFixture(fixtures.MockPatchObject(
                os, name, functools.partial(self._called, name)))
        self.useFixture(fixtures.MockPatchObject(os, 'geteuid', lambda: 0))

    def _called(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, arguments))

    def _check_as(self, user: str) -> int | str | None:
        return self.run_command(
            '--config-file', self.configured(), 'upgrade', 'check', '--user',
            user)

    def test_another_user(self) -> None:
        self.assertEqual(test_status.SUCCESS, self._check_as('nobody'))
        user = pwd.getpwnam('nobody')
        self.assertEqual([
            ('initgroups', ('nobody', user.pw_gid)),
            ('setgid', (user.pw_gid,)), ('setuid', (user.pw_uid,))],
            self.calls)

    def test_the_same_user(self) -> None:
        self.assertEqual(test_status.SUCCESS, self._check_as('root'))
        self.assertEqual([], self.calls)

    def test_the_configuration_is_read_as_that_user(self) -> None:
        path = self.configured()
        self.useFixture(fixtures.MockPatchObject(
            os, 'setuid', lambda uid: os.remove(path)))
        self.assertEqual(test_status.FAILURE, self.run_command(
            '--config-file', path, 'upgrade', 'check', '--user', 'nobody'))
        self.assertIn(path, self.errors)

    def test_unknown_user(self) -> None:
        self.assertEqual(test_status.FAILURE, self._check_as('nobody-at-all'))
        self.assertEqual(
            'nova-images-compat: --user: there is no user nobody-at-all\n',
            self.errors)

    def test_only_root_may(self) -> None:
        self.useFixture(fixtures.MockPatchObject(
            os, 'initgroups', side_effect=PermissionError))
        self.assertEqual(test_status.FAILURE, self._check_as('nobody'))
        self.assertRegex(self.errors, '^nova-images-compat: --user: only root')


class CommandTest(test_status.StatusTestCase):

    def test_table(self) -> None:
        path = self.configured()
        self.assertEqual(test_status.SUCCESS, self.run_command(
            '--config-file', path, 'upgrade', 'check'))
        for name in test_status.ALL:
            with self.case(name):
                self.assertIn(f'Check: {name} ', self.output)
        self.assertEqual('', self.errors)

    def test_log_if_it_is_wanted(self) -> None:
        set_up = self.useFixture(
            fixtures.MockPatch('oslo_log.log.setup')).mock
        path = self.configured()
        self.run_command('--config-file', path, 'upgrade', 'check')
        set_up.assert_not_called()
        self.run_command('--config-file', path, '--debug', 'upgrade', 'check')
        set_up.assert_called_once()

    def test_configuration_that_cannot_be_read(self) -> None:
        for text in ('[api]\nauth_strategy = none\n', 'Welcome'):
            with self.case(text):
                path = self.configuration_of(text)
                self.assertEqual(test_status.FAILURE, self.run_command(
                    '--config-file', path, 'upgrade', 'check'))
                self.assertEqual('', self.output)
                self.assertRegex(
                    self.errors, f'^nova-images-compat: .*{path}.*\n$')

    def test_wrong_arguments(self) -> None:
        for arguments in ((), ('upgrade',), ('upgrade', 'anything')):
            with self.case(arguments):
                self.assertEqual(2, self.run_command(*arguments))

    def test_mistake_of_ours(self) -> None:
        for error in (
                RuntimeError(test_status.DATABASE_SECRET), KeyError('a')):
            with self.case(error):
                self.useFixture(fixtures.MockPatch(
                    'nova_images_compat.policy.Policy', side_effect=error))
                path = self.configured()
                self.assertEqual(255, self.run_command(
                    '--config-file', path, 'upgrade', 'check'))
                self.assertEqual('', self.output)
                self.assertEqual(
                    f'nova-images-compat: unexpected: {type(error).__name__}; '
                    '--debug shows where\n', self.errors)

    def test_global_configuration_is_not_touched(self) -> None:
        before = set(cfg.CONF)
        self.check({'service_user': test_status.SERVICE_USER})
        self.assertEqual(before, set(cfg.CONF))


class ProcessTest(helpers.TestCase):

    def _run(
        self, *arguments: str, environ: Mapping[str, str] | None = None,
    ) -> list[Any]:
        result = helpers.run_python(
            '-m', 'nova_images_compat.cmd.status', *arguments, 'upgrade',
            'check', environ=environ)
        return [result.returncode, result.stdout, result.stderr]

    def test_ways_to_the_configuration(self) -> None:
        service = self.useFixture(own_fixtures.Service())
        path = service.configuration.path
        directory = os.path.dirname(path)
        os.rename(path, path + '.conf')
        path += '.conf'
        for arguments, environ in (
                (('--config-file', path), {}),
                (('--config-dir', directory), {}),
                ((), {'OS_NOVA_IMAGES_COMPAT_CONFIG_FILES': path}),
                ((), {'OS_NOVA_IMAGES_COMPAT_CONFIG_DIR': directory})):
            with self.case(arguments, environ):
                code, output, errors = self._run(*arguments, environ=environ)
                self.assertEqual((test_status.WARNING, ''), (code, errors))
                self.assertIn('"catalog" is ready', output)

    def test_nothing_is_there(self) -> None:
        path = self.write('a.conf', '[keystone_authtoken]\n'
                          'auth_type = password\nusername = compat\n'
                          'auth_url = http://127.0.0.1:1\npassword = SECRET\n'
                          '[DEFAULT]\nstate_path = /proc/nowhere\n')
        code, output, errors = self._run('--config-file', path)
        self.assertEqual((test_status.FAILURE, ''), (code, errors))
        self.assertNotIn('SECRET', output)
