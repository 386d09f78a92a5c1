# SPDX-License-Identifier: Apache-2.0

"""Tests of the service's own user at Keystone."""

from typing import Any

import fixtures
from keystoneauth1 import exceptions as keystone_exception
import requests

from nova_images_compat.api.pipeline import keystone
from nova_images_compat.api.pipeline import paste
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit import identity_case
from nova_images_compat.tests.unit import requests_case


class OwnUserTest(requests_case.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.keystone = self.mocker.post(
            identity_case.TOKENS, json=identity_case.token(),
            headers={'X-Subject-Token': 'ours'})

    def _make(
        self, groups: Any = None, **options: Any,
    ) -> identity.OwnUser:
        return identity.OwnUser(self.configure({
            'keystone_authtoken': {**identity_case.OPTIONS, **options},
            **(groups or {})}))

    def test_token_is_kept(self) -> None:
        user = self._make()
        for number in range(3):
            with self.case(number):
                self.assertEqual('ours', user.access().auth_token)
        self.assertEqual(1, self.keystone.call_count)
        self.assertEqual(identity.TIMEOUT, self.sent.timeout)

    def test_options_of_the_connection(self) -> None:
        self._make(http_connect_timeout=3, insecure=True).access()
        sent = self.sent
        self.assertEqual((3, False), (sent.timeout, sent.verify))

    def test_user_of_another_section(self) -> None:
        user = self._make(
            {'of_ours': identity_case.OPTIONS}, auth_section='of_ours',
            auth_type='', auth_url='')
        self.assertEqual('ours', user.access().auth_token)

    def test_beside_the_middleware(self) -> None:
        conf = self.configure({'keystone_authtoken': identity_case.OPTIONS})
        for _ in range(2):
            keystone.factory({paste.CONF_KEY: conf})(helpers.Endpoint())
            identity.OwnUser(conf).access()

    def test_keystone_that_issues_none(self) -> None:
        answers: list[dict[str, Any]] = [
            {'status_code': 401}, {'status_code': 500},
            {'exc': requests.ConnectionError('refused')},
            {'exc': OSError('no such file')},
            *identity_case.INVALID_RESPONSES]
        for answer in answers:
            with self.case(answer):
                log = self.useFixture(fixtures.FakeLogger(
                    format='%(levelname)s %(message)s'))
                self.mocker.post(identity_case.TOKENS, **answer)
                self.assertRaises(
                    exception.IdentityUnavailable, self._make().access)
                self.assertRegex(
                    log.output, r'(?m)^ERROR Cannot get a token for the user '
                    r'of \[keystone_authtoken\]: \S')
                self.assertNotIn(identity_case.SECRET, log.output)

    def test_keystone_that_answers_properly_again(self) -> None:
        """An invalid response is not kept."""
        user = self._make()
        for answer in identity_case.INVALID_RESPONSES:
            with self.case(answer):
                self.mocker.post(identity_case.TOKENS, **answer)
                self.assertRaises(
                    exception.IdentityUnavailable, user.access)
        self.mocker.post(
            identity_case.TOKENS, json=identity_case.token(),
            headers={'X-Subject-Token': 'ours'})
        self.assertEqual('ours', user.access().auth_token)

    def test_bugs_are_not_keystones(self) -> None:
        for error in (RuntimeError('bug'), AssertionError(), MemoryError()):
            with self.case(error):
                self.mocker.post(identity_case.TOKENS, exc=error)
                self.assertRaises(type(error), self._make().access)

    def test_cause_is_told(self) -> None:
        self.mocker.post(identity_case.TOKENS, status_code=401)
        error = self.assertRaises(
            exception.IdentityUnavailable, self._make().access)
        self.assertIsInstance(
            error.__cause__, keystone_exception.Unauthorized)

    def test_what_it_cannot_be_made_of(self) -> None:
        for options, told in (
                ({'auth_type': ''}, 'auth_type is not set'),
                ({'auth_type': 'nowhere'}, 'nowhere'),
                ({'auth_type': 'none'}, 'auth_type')):
            with self.case(told):
                error = self.assertRaises(
                    exception.ConfigurationError, self._make, **options)
                self.assertIn('[keystone_authtoken]', str(error))
                self.assertIn(told, str(error))
                self.assertNotIn(identity_case.SECRET, str(error))
