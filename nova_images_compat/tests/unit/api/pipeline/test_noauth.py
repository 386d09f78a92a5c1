# SPDX-License-Identifier: Apache-2.0

"""Tests of the authentication that accepts every token."""

import webob

from nova_images_compat.api.pipeline import noauth
from nova_images_compat import context as request_context
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

# The headers that tell keystonemiddleware or oslo.context who the caller is.
SPOOFED = {
    'X-Roles': 'admin', 'X-Role': 'admin', 'X-Project-Id': 'spoofed',
    'X-Project-Name': 'spoofed', 'X-Project-Domain-Id': 'spoofed',
    'X-Project-Domain-Name': 'spoofed', 'X-Tenant': 'spoofed',
    'X-Tenant-Id': 'spoofed', 'X-Tenant-Name': 'spoofed',
    'X-User': 'spoofed', 'X-User-Id': 'spoofed', 'X-User-Name': 'spoofed',
    'X-User-Domain-Id': 'spoofed', 'X-User-Domain-Name': 'spoofed',
    'X-Domain-Id': 'spoofed', 'X-Domain-Name': 'spoofed',
    'X-Is-Admin-Project': 'True', 'X-Identity-Status': 'spoofed',
    'X-Service-Roles': 'admin', 'X-Service-Token': 'spoofed',
    'X-Service-User-Id': 'spoofed', 'X-Service-Project-Id': 'spoofed',
    'X-Service-Identity-Status': 'Confirmed', 'X-Service-Catalog': '[]',
    'OpenStack-System-Scope': 'all',
}
UNKNOWN = ('', 'me', ':', 'me:', ':project', 'me:project:', 'a:b:c:d',
           'me: project', 'me:pro ject', 'me:project\n', ' me:project')


class NoAuthTest(helpers.FilterTestCase):

    factory = staticmethod(noauth.factory)

    def setUp(self) -> None:
        super().setUp()
        self.application = self.make()

    def _caller(
        self, token: str, **headers: str,
    ) -> request_context.RequestContext:
        answer = self.send(
            self.application, headers={**headers, 'X-Auth-Token': token})
        self.assertEqual('reached', answer.text)
        return request_context.RequestContext.from_environ(
            self.endpoint.environ)

    def test_token_says_who_one_is(self) -> None:
        for token, expected in (
                ('me:p', ('me', 'p', ['member', 'reader'], False)),
                ('me:p:reader', ('me', 'p', ['reader'], False)),
                ('me:p:x,ADMIN', ('me', 'p', ['x', 'ADMIN'], True)),
                ('admin:p', ('admin', 'p', ['admin', 'member', 'reader'],
                             True))):
            with self.case(token):
                caller = self._caller(token)
                self.assertEqual(expected, (
                    caller.user_id, caller.project_id, caller.roles,
                    caller.is_admin))

    def test_headers_of_an_identity_never_count(self) -> None:
        honest = self._caller('me:p').to_dict()
        spoofed = self._caller('me:p', **SPOOFED).to_dict()
        for values in (honest, spoofed):
            del values['request_id']
        self.assertEqual(honest, spoofed)
        for name, value in SPOOFED.items():
            with self.case(name, value):
                variable = 'HTTP_' + name.upper().replace('-', '_')
                self.assertNotEqual(
                    value, self.endpoint.environ.get(variable), name)

    def test_who_says_nothing_of_the_kind_is_nobody(self) -> None:
        for token in UNKNOWN:
            with self.case(token):
                answer = self.send(self.application, environ={
                    'HTTP_X_AUTH_TOKEN': token})
                self._check_refusal(answer)
        self._check_refusal(self.send(self.application))

    def test_headers_of_an_identity_are_no_token(self) -> None:
        self._check_refusal(self.send(self.application, headers=SPOOFED))

    def _check_refusal(self, answer: webob.Response) -> None:
        self.assertEqual(401, answer.status_int)
        self.assertEqual('application/json', answer.content_type)
        self.assertEqual(401, answer.json['error']['code'])
        self.assertEqual('Unauthorized', answer.json['error']['title'])
        self.assertIn('WWW-Authenticate', answer.headers)
        self.assertEqual([], self.endpoint.seen)

    def test_the_operator_is_warned(self) -> None:
        lines = self.log_lines(self.conf)
        self.make()
        self.assertIn('every token is accepted', lines[0])


class ServiceTest(helpers.TestCase):

    def test_a_spoofer_sees_nothing_more(self) -> None:
        service = self.useFixture(fixtures.Service())
        image = service.add_image(
            owner=fixtures.OTHER_PROJECT, visibility='private')
        for user, status in (('other', 200), ('admin', 200), ('member', 404)):
            with self.case(user):
                answer = service.request(
                    f'/v2.1/images/{image}', user=user, headers={
                        **SPOOFED, 'X-Project-Id': fixtures.OTHER_PROJECT,
                        'X-Tenant-Id': fixtures.OTHER_PROJECT})
                self.assertEqual(status, answer.status_int)
