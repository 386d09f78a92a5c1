# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter that validates tokens."""

import socket
from typing import Any

import fixtures
from keystoneauth1 import fixture as keystone_fixture
import requests
from requests_mock.contrib import fixture as requests_mock_fixture

from nova_images_compat.api.pipeline import keystone
from nova_images_compat import exception
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

PUBLIC = 'https://identity.example'
OPTIONS = {'www_authenticate_uri': PUBLIC, 'auth_type': 'password',
           'auth_url': 'http://127.0.0.1:1', 'http_request_max_retries': 0}


class KeystoneTest(helpers.FilterTestCase):

    factory = staticmethod(keystone.factory)

    def setUp(self) -> None:
        super().setUp()
        self.connect = self.useFixture(fixtures.MockPatchObject(
            socket, 'create_connection')).mock
        self.application = self.make({'keystone_authtoken': OPTIONS})

    def test_without_a_token_the_answer_is_401(self) -> None:
        answer = self.send(self.application)
        self.assertEqual([], self.endpoint.seen)
        self.assertEqual(401, answer.status_int)
        self.assertEqual('application/json', answer.content_type)
        self.assertEqual(
            (401, 'Unauthorized'),
            (answer.json['error']['code'], answer.json['error']['title']))
        self.connect.assert_not_called()

    def test_keystone_that_is_not_there(self) -> None:
        answer = self.send(
            self.application, headers={'X-Auth-Token': 'a-token'})
        self.assertEqual(503, answer.status_int)
        self.assertIn('Retry-After', answer.headers)
        fault = answer.json['serviceUnavailable']
        self.assertEqual(503, fault['code'])
        self.assertIn('Identity', fault['message'])

    def test_keystone_that_answers_nonsense(self) -> None:
        mocker = self.useFixture(requests_mock_fixture.Fixture())
        answer: dict[str, Any]
        for answer in (
                {'text': '<html>Welcome</html>'}, {'json': {}},
                {'json': {'token': {}}}, {'json': []}, {'text': '{'},
                {'exc': requests.exceptions.ReadTimeout}):
            mocker.get('http://127.0.0.1:1', json={'versions': {'values': [{
                'id': 'v3.14', 'status': 'stable', 'links': [
                    {'rel': 'self', 'href': 'http://127.0.0.1:1/v3/'}]}]}})
            mocker.post(
                'http://127.0.0.1:1/v3/auth/tokens',
                json=keystone_fixture.V3Token(),
                headers={'X-Subject-Token': 'ours'})
            mocker.get('http://127.0.0.1:1/v3/auth/tokens', **answer)
            with self.case(answer):
                seen = self.send(
                    self.application, headers={'X-Auth-Token': 'a-token'})
                self.assertEqual(503, seen.status_int)
                self.assertIn('serviceUnavailable', seen.json)

    def test_what_it_cannot_start_with(self) -> None:
        for options, told in (
                ({}, 'auth_type is not set'),
                ({**OPTIONS, 'auth_type': 'nowhere'}, 'nowhere'),
                ({**OPTIONS, 'token_cache_time': 'long'},
                 '[keystone_authtoken] token_cache_time')):
            with self.case(told):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make,
                    {'keystone_authtoken': options})
                self.assertIn('[keystone_authtoken]', str(error))
                self.assertIn(told, str(error))

    def test_a_cache_without_its_library(self) -> None:
        options = {
            **OPTIONS, 'memcache_security_strategy': 'ENCRYPT',
            'memcache_secret_key': 'key'}
        self.make({'keystone_authtoken': options})
        for package, changes, told in (
                ('cryptography', {}, 'memcache_security_strategy'),
                ('python-memcached', {'memcached_servers': '127.0.0.1:1'},
                 'memcached_servers')):
            with self.case(package, changes, told):
                with self.case(package), own_fixtures.Installed(
                        {package: None}):
                    error = self.assertRaises(
                        exception.MissingExtra, self.make,
                        {'keystone_authtoken': {**options, **changes}})
                    self.assertIn(f'[keystone_authtoken] {told}', str(error))
                    self.assertIn(package, str(error))
                    self.make({'keystone_authtoken': {
                        **options, 'memcache_security_strategy': 'MAC'}})

    def test_it_has_the_given_configuration(self) -> None:
        answer = self.send(self.application)
        self.assertIn(PUBLIC, answer.headers['WWW-Authenticate'])

    def test_headers_of_an_identity_do_not_help(self) -> None:
        answer = self.send(self.application, headers={
            'X-Identity-Status': 'Confirmed', 'X-User-Id': 'me',
            'X-Roles': 'admin'})
        self.assertEqual(401, answer.status_int)
        self.assertEqual([], self.endpoint.seen)
