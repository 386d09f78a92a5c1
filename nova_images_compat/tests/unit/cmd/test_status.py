# SPDX-License-Identifier: Apache-2.0

"""Tests of the status command."""

from collections.abc import Mapping
import io
import json
import os
import threading
from typing import Any

import fixtures
from keystoneauth1 import fixture as keystone_fixture
import requests
from requests_mock.contrib import fixture as requests_fixture

from nova_images_compat.cmd import status
from nova_images_compat.db import migration
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests import urllib3_mock

ROOT = identity_case.IMAGE_SERVICE
OTHER_ROOT = 'http://image2.example'
SCHEMA = '/v2/schemas/image'
SERVICE_TOKENS = 'http://identity2.example/v3/auth/tokens'
SERVICE_USER = {
    **identity_case.OPTIONS, 'auth_url': 'http://identity2.example/v3',
    'send_service_user_token': True}
DATABASE_SECRET = 'open-sesame'

CONFIGURATION = 'Configuration'
IDENTITY = 'Identity service'
STORE = 'Image store'
GLANCE = 'Image service'
USAGE = 'Counts of calls'
LOCKS = 'Locks'
POLICY = 'Policy'
ALL = (CONFIGURATION, IDENTITY, STORE, GLANCE, USAGE, LOCKS, POLICY)

SUCCESS, WARNING, FAILURE = range(3)

Options = Mapping[str, Mapping[str, Any]]


class StatusTestCase(helpers.TestCase):
    """A test of the command, in front of a Keystone and an Image service."""

    def setUp(self) -> None:
        super().setUp()
        # Else eventlet, which the Glance store may load, warns on the
        # standard error that it is deprecated.
        self.useFixture(fixtures.EnvironmentVariable('EVENTLET_TESTS', '1'))
        self.useFixture(urllib3_mock.Urllib3Mock())
        self.mocker = self.useFixture(
            requests_fixture.Fixture(case_sensitive=True))
        for url in (identity_case.TOKENS, SERVICE_TOKENS):
            self.mocker.post(url, json=identity_case.token(),
                             headers={'X-Subject-Token': 'ours'})
        self.mocker.get(identity_case.KEYSTONE, json={
            'version': keystone_fixture.V3Discovery(identity_case.KEYSTONE)})
        self.mocker.get(identity_case.TOKENS, json=identity_case.token())
        for root in (ROOT, OTHER_ROOT):
            self.mocker.get(f'{root}/', status_code=300)
            self.mocker.get(root + SCHEMA, json={'properties': {'id': {}}})

    def run_command(self, *arguments: str) -> int | str | None:
        """Run it, and return its exit status."""
        output, errors = io.StringIO(), io.StringIO()
        try:
            with fixtures.MonkeyPatch('sys.stdout', output), (
                    fixtures.MonkeyPatch('sys.stderr', errors)):
                return status.main(*arguments)
        except SystemExit as error:
            return error.code
        finally:
            self.output, self.errors = output.getvalue(), errors.getvalue()
            for text in (self.output, self.errors):
                for secret in (identity_case.SECRET, DATABASE_SECRET,
                               'Traceback'):
                    with self.case(secret):
                        self.assertNotIn(secret, text)

    def configured(self, options: Options | None = None) -> str:
        """Return the path of a configuration with Keystone and Glance."""
        options = options or {}
        locks = self.useFixture(fixtures.TempDir()).join('locks')
        self.configuration = self.useFixture(own_fixtures.Configuration({
            **options,
            'api': {'auth_strategy': 'keystone', 'image_store': 'glance',
                    **options.get('api', {})},
            'coordination': {
                'backend_url': f'file://{locks}',
                **options.get('coordination', {})},
            'keystone_authtoken': {
                **identity_case.OPTIONS,
                **options.get('keystone_authtoken', {})}}))
        return self.configuration.path

    def check(self, options: Options | None = None) -> Any:
        """Check, and return what is said of each: a code and the details."""
        path = self.configured(options)
        return self.check_file(path)

    def check_file(self, path: str) -> Any:
        code = self.run_command(
            '--config-file', path, 'upgrade', 'check', '--json')
        self.assertEqual('', self.errors)
        self.said = {
            each['check']: (each['result'], each['details'])
            for each in json.loads(self.output)['checks']}
        self.assertEqual(list(ALL), list(self.said))
        self.assertEqual(
            code, max(result for result, _ in self.said.values()))
        for _, details in self.said.values():
            with self.case(details):
                self.assertNotIn('\n', details)
        return self.said

    def assert_said(
        self, name: str, code: int, told: str,
        options: Options | None = None,
    ) -> None:
        """Check, and expect this of one of the checks."""
        self.check(options)
        self.assertEqual(code, self.said[name][0], str(self.said[name]))
        self.assertIn(told, self.said[name][1])

    def others(self, *names: str) -> set[int]:
        """Return the codes of the other checks."""
        return {code for name, (code, _) in self.said.items()
                if name not in names}


class WithGlanceTest(StatusTestCase):

    def test_all_is_well(self) -> None:
        said = self.check()
        self.assertEqual({SUCCESS}, self.others())
        self.assertIn('complete', said[CONFIGURATION][1])
        self.assertIn('[keystone_authtoken]', said[IDENTITY][1])
        self.assertIn('"glance"', said[STORE][1])
        self.assertIn(ROOT, said[GLANCE][1])
        self.assertIn('Skipped', said[USAGE][1])
        self.assertEqual('ours', self._sent_to(ROOT)['X-Auth-Token'])

    def _sent_to(self, root: str) -> Any:
        return [sent.headers for sent in self.mocker.request_history
                if sent.url == root + SCHEMA][-1]

    def test_service_user(self) -> None:
        self.check({'service_user': SERVICE_USER})
        self.assertEqual({SUCCESS}, self.others())
        self.assertIn('[service_user]', self.said[IDENTITY][1])
        self.assertEqual('ours', self._sent_to(ROOT)['X-Service-Token'])

    def test_service_user_that_keystone_does_not_know(self) -> None:
        self.mocker.post(SERVICE_TOKENS, status_code=401)
        self.assert_said(
            IDENTITY, FAILURE, 'user of [service_user]: ',
            {'service_user': SERVICE_USER})
        self.assertEqual({SUCCESS}, self.others(IDENTITY, GLANCE))

    def test_user_that_keystone_does_not_know(self) -> None:
        self.mocker.post(identity_case.TOKENS, status_code=401)
        self.assert_said(
            IDENTITY, FAILURE, 'user of [keystone_authtoken]: ')
        self.assertEqual(SUCCESS, self.said[CONFIGURATION][0])
        self.assertEqual({SUCCESS}, self.others(IDENTITY, STORE, GLANCE))

    def test_keystone_that_does_not_answer(self) -> None:
        for answer in ({'exc': requests.ConnectionError()},
                       {'text': 'Welcome'}, {'status_code': 503}):
            with self.case(answer):
                self.mocker.post(identity_case.TOKENS, **answer)
                self.assert_said(IDENTITY, FAILURE, 'No token')

    def test_options_that_are_missing(self) -> None:
        for options, told in (
                ({'username': ''}, '[keystone_authtoken] username or user_id'),
                ({'password': ''}, '[keystone_authtoken] password'),
                ({'project_name': ''}, '[keystone_authtoken] project_name'),
                ({'auth_type': ''}, '[keystone_authtoken] auth_type'),
                ({'auth_type': 'nothing'}, 'nothing')):
            with self.case(told):
                self.assert_said(CONFIGURATION, FAILURE, told, {
                    'keystone_authtoken': options})

    def test_options_of_the_service_user_that_are_missing(self) -> None:
        self.assert_said(
            CONFIGURATION, FAILURE, 'Not set: [service_user] password.',
            {'service_user': {**SERVICE_USER, 'password': ''}})

    def test_service_user_without_a_type(self) -> None:
        for options, section in (
                ({'auth_type': ''}, 'service_user'),
                ({'auth_section': 'nowhere'}, 'nowhere')):
            with self.case(section):
                self.assert_said(
                    CONFIGURATION, WARNING, f'[{section}] auth_type',
                    {'service_user': {**SERVICE_USER, **options}})

    def test_service_user_of_another_section(self) -> None:
        self.check({'service_user': {
            'send_service_user_token': True,
            'auth_section': 'keystone_authtoken'}})
        self.assertEqual({SUCCESS}, self.others())

    def test_endpoint_is_not_in_the_catalogue(self) -> None:
        self.mocker.post(
            identity_case.TOKENS, json=keystone_fixture.V3Token(),
            headers={'X-Subject-Token': 'ours'})
        self.assert_said(GLANCE, FAILURE, 'catalogue')

    def test_endpoint_of_the_configuration(self) -> None:
        self.assert_said(GLANCE, SUCCESS, OTHER_ROOT, {
            'glance': {'endpoint_override': OTHER_ROOT}})
        self.assertNotIn(ROOT, self.said[GLANCE][1])

    def test_some_of_the_servers(self) -> None:
        self.mocker.get(ROOT + SCHEMA, status_code=404)
        self.assert_said(GLANCE, WARNING, f'{ROOT}: no API v2', {
            'glance': {'api_servers': f'{ROOT},{OTHER_ROOT}'}})

    def test_image_service_that_is_none(self) -> None:
        for answer, told in (
                ({'status_code': 404}, '404'), ({'json': {}}, 'no API v2'),
                ({'text': 'Welcome'}, 'invalid response'),
                ({'exc': urllib3_mock.REFUSED}, ROOT),
                ({'status_code': 503}, 'not available'),
                ({'status_code': 401}, 'rejects the token')):
            with self.case(told):
                self.mocker.get(ROOT + SCHEMA, **answer)
                self.assert_said(GLANCE, FAILURE, told)
                self.assertIn(ROOT, self.said[GLANCE][1])
                self.assertEqual({SUCCESS}, self.others(GLANCE))

    def test_image_service_that_does_not_answer(self) -> None:
        self.mocker.get(f'{ROOT}/', exc=urllib3_mock.REFUSED)
        self.mocker.get(ROOT + SCHEMA, exc=urllib3_mock.REFUSED)
        self.assert_said(STORE, FAILURE, ROOT)
        self.assertEqual({SUCCESS}, self.others(STORE, GLANCE))

    def test_without_keystone(self) -> None:
        self.assert_said(CONFIGURATION, WARNING, 'noauth2', {
            'api': {'auth_strategy': 'noauth2'},
            'glance': {'endpoint_override': ROOT}})
        self.assertIn('Skipped', self.said[IDENTITY][1])
        self.assertEqual({SUCCESS}, self.others(CONFIGURATION))

    def test_locks(self) -> None:
        for url, told in (
                ('file:///proc/nowhere', '/proc/nowhere'),
                ('nowhere://host', 'nowhere'),
                # Before 6, its client does not try again.
                ('redis://127.0.0.1:1', 'timed out|refused')):
            with self.case(url):
                self.assert_said(LOCKS, FAILURE, '[coordination]', {
                    'coordination': {
                        'backend_url': url, 'lock_timeout': 0}})
                self.assertRegex(self.said[LOCKS][1], told)

    def test_locks_that_hold_on_one_host(self) -> None:
        path = self.configured()
        with open(path) as file:
            text = file.read()
        self.configuration_without = self.configuration_of(''.join(
            line for line in text.splitlines(True)
            if 'backend_url' not in line))
        self.check_file(self.configuration_without)
        self.assertEqual(WARNING, self.said[LOCKS][0])
        self.assertIn('backend_url is not set', self.said[LOCKS][1])
        self.assertEqual({SUCCESS}, self.others(LOCKS))

    def test_nothing_is_changed(self) -> None:
        path = self.configured({'coordination': {
            'backend_url': 'file://$state_path/new/locks'}})
        before = os.listdir(self.configuration.directory)
        self.assertEqual(SUCCESS, self.check_file(path)[LOCKS][0])
        self.assertEqual(before, os.listdir(self.configuration.directory))

    def test_files_of_certificates(self) -> None:
        with_tls = 'https://keystone.example'
        self.mocker.get(with_tls, status_code=503)
        self.mocker.post(f'{with_tls}/v3/auth/tokens', status_code=503)
        for group in ('keystone_authtoken', 'service_user'):
            for name in ('cafile', 'certfile'):
                with self.case(group, name):
                    self.assert_said(
                        CONFIGURATION, FAILURE,
                        f'[{group}] {name}: there is no file /no/such',
                        {'service_user': SERVICE_USER, group: {
                            **(SERVICE_USER if group == 'service_user'
                               else {}), name: '/no/such',
                            'auth_url': with_tls}})
                    self.assert_said(
                        CONFIGURATION, SUCCESS, 'It is complete',
                        {'service_user': SERVICE_USER, group: {
                            **(SERVICE_USER if group == 'service_user'
                               else {}), name: '/no/such'}})

    def test_tokens_that_cannot_be_validated(self) -> None:
        self.mocker.get(identity_case.TOKENS, status_code=503)
        self.assert_said(
            IDENTITY, FAILURE,
            'The user of [keystone_authtoken] cannot validate tokens: ')
        self.assertEqual({SUCCESS}, self.others(IDENTITY))

    def test_paste_file_that_names_what_is_not_there(self) -> None:
        self.assert_said(CONFIGURATION, FAILURE, 'section nowhere', {
            'wsgi': {'api_paste_config': self.write('paste.ini', (
                '[composite:main]\nuse = call:nova_images_compat.api.'
                'pipeline.auth_strategy:factory\nkeystone = nowhere'))}})
        self.assertEqual({SUCCESS}, self.others(CONFIGURATION))

    def test_check_that_takes_too_long(self) -> None:
        end = threading.Event()
        self.addCleanup(end.set)
        self.useFixture(fixtures.MockPatchObject(status, 'TIMEOUT', 0.1))
        self.useFixture(fixtures.MockPatch(
            'nova_images_compat.policy.Policy', lambda conf: end.wait(60)))
        self.assert_said(POLICY, FAILURE, 'Timed out after')


class CountsTest(StatusTestCase):

    OPTIONS = {'usage_counts': {'enabled': True}}

    def test_table_that_is_not_there(self) -> None:
        self.assert_said(USAGE, FAILURE, 'db sync', self.OPTIONS)
        self.assertEqual({SUCCESS}, self.others(USAGE))

    def test_table(self) -> None:
        path = self.configured(self.OPTIONS)
        migration.sync(self.configuration.conf)
        self.assertEqual(SUCCESS, self.check_file(path)[USAGE][0])

    def test_database_that_does_not_answer(self) -> None:
        self.assert_said(USAGE, WARNING, '127.0.0.1', {
            **self.OPTIONS, 'database': {
                'connection': f'mysql://us:{DATABASE_SECRET}@127.0.0.1:1/x'}})


class WithCatalogueTest(StatusTestCase):

    OPTIONS = {'api': {'image_store': 'catalog'}}

    def test_all_is_well(self) -> None:
        path = self.configured(self.OPTIONS)
        migration.sync(self.configuration.conf)
        said = self.check_file(path)
        self.assertEqual({SUCCESS}, self.others())
        for name in (GLANCE, LOCKS):
            with self.case(name):
                self.assertIn('Skipped', said[name][1])

    def test_database_that_is_not_migrated(self) -> None:
        self.assert_said(STORE, FAILURE, 'db sync', self.OPTIONS)
        self.assertEqual({SUCCESS}, self.others(STORE))

    def test_database_that_does_not_answer(self) -> None:
        for driver in ('mysql', 'postgresql'):
            with self.case(driver):
                self.assert_said(STORE, FAILURE, '127.0.0.1', {
                    **self.OPTIONS, 'database': {'connection': (
                        f'{driver}://us:{DATABASE_SECRET}@127.0.0.1:1/x')}})

    def test_store_that_there_is_not(self) -> None:
        self.assert_said(STORE, FAILURE, 'nowhere', {
            'api': {'image_store': 'nowhere'}})
        self.assertIn('Skipped', self.said[GLANCE][1])


class PolicyTest(StatusTestCase):

    def _assert_said(
        self, code: int, told: str, text: str, name: str = 'policy.yaml',
    ) -> None:
        self.assert_said(POLICY, code, told, {
            'oslo_policy': {'policy_file': self.write(name, text)}})
        self.assertEqual({SUCCESS}, self.others(POLICY))

    def test_good_one(self) -> None:
        self._assert_said(
            SUCCESS, 'can be read', '"os_compute_api:images:show": "@"')

    def test_bad_one(self) -> None:
        self._assert_said(FAILURE, 'policy.yaml', 'a: [')

    def test_rule_that_there_is_not(self) -> None:
        self._assert_said(
            WARNING, 'os_compute_api:images:sow',
            '"os_compute_api:images:sow": "!"')

    def test_json(self) -> None:
        for name in ('policy.json', 'policy.yaml'):
            self._assert_said(
                FAILURE, 'JSON', '{"os_compute_api:images:show": "@"}', name)
