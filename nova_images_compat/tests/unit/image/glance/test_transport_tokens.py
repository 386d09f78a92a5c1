# SPDX-License-Identifier: Apache-2.0

"""Tests of the tokens that go to the Image service."""

from typing import Any

import fixtures
from keystoneauth1 import fixture as keystone_fixture
import requests

from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests.unit.image.glance import glance_case

KEYSTONE = 'http://identity.example/v3'
TOKENS = f'{KEYSTONE}/auth/tokens'
IMAGE = f'{glance_case.ROOT}/v2/images/an-id'
SERVICE_USER = {
    'send_service_user_token': True, 'auth_type': 'v3password',
    'auth_url': KEYSTONE, 'username': 'compat', 'password': 'secret',
    'user_domain_name': 'Default', 'project_name': 'service',
    'project_domain_name': 'Default'}


class _TestCase(glance_case.MockedTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.keystone = self.mocker.post(TOKENS, [
            {'json': keystone_fixture.V3Token(),
             'headers': {'X-Subject-Token': name}}
            for name in ('first', 'second', 'third')])

    def make(self, **options: Any) -> glance_client.Client:
        return glance_client.Client(self.configure_glance(
            {'service_user': {**SERVICE_USER, **options}}))

    def call(self, made: glance_client.Client) -> glance_answer.Answer:
        return made.call(glance_case.caller(), 'GET', '/v2/images/an-id')


class ServiceTokenTest(_TestCase):

    def test_goes_beside_the_callers_and_is_kept(self) -> None:
        self.mocker.get(IMAGE, json={})
        made = self.make()
        for number in range(3):
            with self.case(number):
                self.call(made)
                sent = self.sent.headers
                self.assertEqual(
                    (glance_case.TOKEN, 'first'),
                    (sent['X-Auth-Token'], sent['X-Service-Token']))
        self.assertEqual(1, self.keystone.call_count)

    def test_is_not_sent_unless_it_is_wanted(self) -> None:
        self.mocker.get(IMAGE, json={})
        self.call(self.make(send_service_user_token=False))
        self.assertNotIn('X-Service-Token', self.sent.headers)
        self.assertFalse(self.keystone.called)

    def test_is_renewed_once_if_it_is_refused(self) -> None:
        glance = self.mocker.get(
            IMAGE, [{'status_code': 401}, {'json': {}}])
        made = self.make()
        self.assertTrue(self.call(made).is_success)
        self.assertEqual(
            ['first', 'second'],
            [sent.headers['X-Service-Token']
             for sent in glance.request_history])
        self.mocker.get(IMAGE, status_code=401)
        self.assertRaises(exception.Unauthorized, self.call, made)
        self.assertEqual(3, self.keystone.call_count)

    def test_refusal_without_one_is_final(self) -> None:
        glance = self.mocker.get(IMAGE, status_code=401)
        self.assertRaises(
            exception.Unauthorized, self.call,
            self.make(send_service_user_token=False))
        self.assertEqual(1, glance.call_count)

    def test_keystone_that_issues_none(self) -> None:
        glance = self.mocker.get(IMAGE, json={})
        responses: list[dict[str, Any]] = [
            {'exc': requests.ConnectionError('refused')},
            {'exc': requests.ReadTimeout('late')},
            {'status_code': 401}, {'status_code': 503},
            *identity_case.INVALID_RESPONSES]
        for response in responses:
            with self.case(str(response)):
                self.log = self.useFixture(fixtures.FakeLogger(
                    format='%(levelname)s %(name)s %(message)s'))
                self.mocker.post(TOKENS, **response)
                error = self.assertRaises(
                    exception.IdentityUnavailable, self.call, self.make())
                self.assertIn('Retry-After', error.headers)
                self.assertRegex(
                    self.log.output, r'(?m)^ERROR .*\[service_user\]: \S')
        self.assertEqual(0, glance.call_count)
        self.assertNotIn('secret', self.log.output)

    def test_keystone_that_answers_properly_again(self) -> None:
        self.mocker.get(IMAGE, json={})
        self.mocker.post(TOKENS, [
            *identity_case.INVALID_RESPONSES,
            {'json': keystone_fixture.V3Token(),
             'headers': {'X-Subject-Token': 'good'}}])
        made = self.make()
        for response in identity_case.INVALID_RESPONSES:
            with self.case(response):
                self.assertRaises(
                    exception.IdentityUnavailable, self.call, made)
        self.assertTrue(self.call(made).is_success)

    def test_user_that_is_no_users(self) -> None:
        """A token of the configuration is sent as it is."""
        self.mocker.get(IMAGE, json={})
        made = glance_client.Client(self.configure_glance({'service_user': {
            'send_service_user_token': True, 'auth_type': 'admin_token',
            'endpoint': KEYSTONE, 'token': 'fixed'}}))
        self.call(made)
        self.assertEqual(
            'fixed', self.sent.headers['X-Service-Token'])

    def test_bugs_are_not_keystones(self) -> None:
        self.mocker.post(TOKENS, exc=RuntimeError('bug'))
        self.assertRaises(RuntimeError, self.call, self.make())


class ConfigurationTest(_TestCase):

    def test_what_it_cannot_start_with(self) -> None:
        for options, told in (
                ({'auth_type': 'nowhere'}, 'nowhere'),
                ({'timeout': -1}, 'timeout')):
            with self.case(options, told):
                error = self.assertRaises(
                    exception.ConfigurationError, self.make, **options)
                self.assertIn('[service_user]', str(error))
                self.assertIn(told, str(error))

    def test_without_a_type_there_is_no_user(self) -> None:
        self.mocker.get(IMAGE, json={})
        for options in ({'auth_type': ''},
                        {'auth_section': 'keystone_authtoken'}):
            with self.case(options):
                self.call(self.make(**options))
                self.assertNotIn(
                    'X-Service-Token', self.sent.headers)
        self.assertRegex(
            self.log.output, r'(?m)^WARNING .*\[service_user\] auth_type')
        self.assertRegex(
            self.log.output,
            r'(?m)^WARNING .*\[keystone_authtoken\] auth_type')

    def test_user_of_another_section(self) -> None:
        self.mocker.get(IMAGE, json={})
        user = {name: value for name, value in SERVICE_USER.items()
                if name != 'send_service_user_token'}
        self.call(glance_client.Client(self.configure_glance({
            'service_user': {
                'send_service_user_token': True,
                'auth_section': 'keystone_authtoken'},
            'keystone_authtoken': user})))
        self.assertEqual(
            'first', self.sent.headers['X-Service-Token'])

    def test_no_timeout_is_the_usual_one(self) -> None:
        conf = self.configure_glance({
            'service_user': {**SERVICE_USER, 'timeout': 0},
            'glance': {'timeout': 0}})
        self.assertEqual(
            [60.0, 60.0],
            [identity.ServiceUser(conf).session.timeout,
             glance_client.Client(conf).timeout])

    def test_user_that_is_not_described(self) -> None:
        conf = self.configure_glance({'service_user': {
            'send_service_user_token': True, 'auth_type': 'v3password'}})
        error = self.assertRaises(
            exception.ConfigurationError, identity.load_service_user, conf)
        self.assertIn('[service_user]', str(error))
        self.assertIn('auth', str(error))

    def test_nothing_is_needed_unless_it_is_wanted(self) -> None:
        self.assertIsNone(identity.load_service_user(self.configure_glance()))

    def test_options_of_the_user_are_not_those_of_others(self) -> None:
        """What is registered for one configuration is not for the next."""
        self.make()
        conf = self.configure_glance()
        self.assertNotIn('auth_url', conf.service_user)


class CallersTokenTest(glance_case.MockedTestCase):

    def test_caller_without_a_token(self) -> None:
        self.mocker.get(IMAGE, status_code=401)
        made = glance_client.Client(self.configure_glance())
        self.assertRaises(
            exception.Unauthorized, made.call,
            glance_case.caller(auth_token=None), 'GET', '/v2/images/an-id')
