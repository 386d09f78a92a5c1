# SPDX-License-Identifier: Apache-2.0

"""Tests of TLS with Keystone: which option is named if it fails."""

import datetime
import os
import shutil
import ssl
from typing import Any

import fixtures
from requests_mock.contrib import fixture as requests_fixture
import webob

from nova_images_compat.api.pipeline import keystone
from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import transport
from nova_images_compat.tests import certificates
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests.unit.image.glance import server_case
from nova_images_compat import tls

OWN, SERVICE = identity.GROUP, identity.SERVICE_GROUP
FILE = 'there is no file /no/such'


class TLSTest(server_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        directory = self.useFixture(fixtures.TempDir()).path
        self.authority = certificates.Authority(directory)
        self.trusted = {'cafile': self.authority.file}
        self.other = certificates.Authority(
            self.useFixture(fixtures.TempDir()).path, 'other')

    def listen(self, wants_client: bool = False, **certificate: Any) -> str:
        """Start a Keystone, and return its URL."""
        context = self.authority.server_context(wants_client, **certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        return server_case.root(self.serve(tls=context), 'https')

    def failures(self) -> list[tuple[str, dict[str, Any], str]]:
        """Return URLs and options with which TLS fails, and what is told."""
        root = self.listen()
        missing = {'cafile': '/no/such'}
        return [
            (root, {}, 'set [GROUP] cafile to the file of this authority'),
            (root, {'cafile': self.other.file}, 'set [GROUP] cafile to'),
            (root, missing, f'[GROUP] cafile: {FILE}'),
            (root.replace('127.0.0.1', 'localhost'), self.trusted,
             'is for another name: correct [GROUP] auth_url'),
            (self.listen(lifetime=datetime.timedelta(hours=-1)), self.trusted,
             'in [GROUP] cafile, is not valid now: renew it'),
            (self.listen(wants_client=True), self.trusted,
             'correct [GROUP] certfile and keyfile'),
            (server_case.root(self.serve(), 'https'), self.trusted,
             'does not speak TLS, but its URL begins with https: correct '
             '[GROUP] auth_url')]

    def options(self, url: str, options: dict[str, Any]) -> dict[str, Any]:
        return {**identity_case.OPTIONS, 'auth_url': f'{url}/v3', **options}

    def assert_told(self, told: str, output: str, group: str) -> None:
        """Check that exactly one line names the option."""
        told = told.replace('GROUP', group)
        self.assertEqual(
            1, sum(told in line for line in output.splitlines()),
            f'{told}: {output}')
        self.assertNotIn(identity_case.SECRET, output)
        self.assertNotIn('Traceback', output)

    def test_tokens_of_users(self) -> None:
        for url, options, told in self.failures():
            for group in (OWN, SERVICE):
                with self.case(group, told), fixtures.FakeLogger() as log:
                    found = self.options(url, options)
                    conf = self.configure({OWN: found, SERVICE: {
                        'send_service_user_token': True, **found}})
                    ask: Any = identity.OwnUser(conf).access
                    if group == SERVICE:
                        user = identity.load_service_user(conf)
                        assert user
                        ask = user.token
                    error = self.assertRaises(
                        exception.IdentityUnavailable, ask)
                    self.assertIn(
                        told.replace('GROUP', group), exception.reason(error))
                    self.assert_told(told, log.output, group)

    def test_section_of_the_user(self) -> None:
        url = self.listen().replace('127.0.0.1', 'localhost')
        conf = self.configure({
            'of_ours': self.options(url, {}),
            OWN: {'auth_section': 'of_ours', **self.trusted}})
        error = self.assertRaises(
            exception.IdentityUnavailable, identity.OwnUser(conf).access)
        self.assertIn(
            'correct [of_ours] auth_url', exception.reason(error))

    def test_where_tokens_are_validated(self) -> None:
        """The endpoint in the catalogue may have another certificate."""
        for url, told in (
                (self.listen(), 'set [keystone_authtoken] cafile to the file'),
                (server_case.root(self.serve(), 'https'),
                 'the server does not speak TLS')):
            with self.case(told):
                mocker = self.useFixture(
                    requests_fixture.Fixture(real_http=True))
                mocker.post(
                    identity_case.TOKENS, json=identity_case.token(
                        f'{url}/v3'), headers={'X-Subject-Token': 'ours'})
                user = identity.OwnUser(self.configure({
                    OWN: identity_case.OPTIONS}))
                user.access()
                error = self.assertRaises(
                    exception.IdentityUnavailable, user.validate)
                self.assertIn(told, exception.reason(error))
                self.assertIn(
                    'Cannot validate tokens for the user of '
                    '[keystone_authtoken]: ', self.log.output)

    def test_service_does_not_start(self) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, self.make_filter,
            self.options('https://127.0.0.1', {'cafile': '/no/such'}))
        self.assertIn(f'[{OWN}] cafile: {FILE}', str(error))
        error = self.assertRaises(
            exception.ConfigurationError, transport.Transport,
            self.configure({
                'glance': {'endpoint_override': 'http://image.example'},
                SERVICE: {'send_service_user_token': True, **self.options(
                    'https://127.0.0.1', {'cafile': '/no/such'})}}))
        self.assertIn(f'[{SERVICE}] cafile: {FILE}', str(error))

    def test_file_that_is_removed(self) -> None:
        path = self.write('trusted', 'x')
        shutil.copy(self.authority.file, path)
        application = self.make_filter(
            self.options(self.listen(), {'cafile': path}))
        os.remove(path)
        with fixtures.FakeLogger() as log:
            answer = self.send(application)
        self.assertEqual(503, answer.status_int)
        self.assert_told('[GROUP] cafile: there is no file', log.output, OWN)

    def test_errors_that_are_not_of_files(self) -> None:
        settings = tls.Settings('group', 'url', '/no/such', None, None, True)
        self.assertIsNone(settings.explain(OSError(113, 'No route to host')))
        self.assertEqual(
            f'[group] cafile: {FILE} that can be read',
            settings.explain(OSError('invalid path: /no/such')))

    def test_filter(self) -> None:
        for url, options, told in self.failures():
            if told.endswith(FILE):
                continue
            # Without a path, keystoneauth first asks for the versions; then
            # keystonemiddleware handles its error.
            for path in ('', '/v3'):
                with self.case(path, told), fixtures.FakeLogger() as log:
                    application = self.make_filter(
                        {**self.options(url, options),
                         'auth_type': 'password', 'auth_url': url + path})
                    answer = self.send(application)
                    self.assertEqual(503, answer.status_int)
                    self.assertIn('Retry-After', answer.headers)
                    self.assertEqual(
                        503, answer.json['serviceUnavailable']['code'])
                    self.assert_told(told, log.output, OWN)

    def send(self, application: Any) -> webob.Response:
        return helpers.blank('/v2.1/images', headers={
            'X-Auth-Token': 'a-token'}).get_response(application)

    def make_filter(self, options: dict[str, Any]) -> Any:
        conf = self.configure({OWN: {
            'http_request_max_retries': 0,
            'www_authenticate_uri': 'https://identity.example', **options}})
        return keystone.factory({paste.CONF_KEY: conf})(helpers.Endpoint())
