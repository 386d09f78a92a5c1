# SPDX-License-Identifier: Apache-2.0

"""Tests of request IDs."""

from typing import Any

from oslo_context import context as oslo_context
import webob

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import request_id
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

HEADER = 'X-OpenStack-Request-ID'
COMPUTE_HEADER = 'X-Compute-Request-ID'
GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'


class RequestIdTest(helpers.FilterTestCase):

    factory = staticmethod(request_id.factory)

    def test_every_answer_has_an_id_of_its_own(self) -> None:
        application = self.make()
        answers = [self.send(application) for _ in range(2)]
        for answer in answers:
            with self.case(answer):
                self.assertRegex(
                    answer.headers[HEADER], f'^{helpers.REQUEST_ID}$')
                self.assertEqual(
                    answer.headers[HEADER], answer.headers[COMPUTE_HEADER])
        self.assertNotEqual(
            answers[0].headers[HEADER], answers[1].headers[HEADER])

    def test_application_knows_the_id(self) -> None:
        answer = self.send(self.make())
        self.assertEqual(
            answer.headers[HEADER],
            self.endpoint.environ[wsgi.ENV_REQUEST_ID])

    def test_global_id_of_the_caller(self) -> None:
        application = self.make()
        for sent, taken in (
                (GLOBAL_ID, True), ('', False), ('req-1', False),
                (GLOBAL_ID.upper(), False), (GLOBAL_ID + ' x', False),
                (GLOBAL_ID[4:], False), ('x ' + GLOBAL_ID, False)):
            with self.case(sent):
                answer = self.send(application, headers={HEADER: sent})
                self.assertNotEqual(sent, answer.headers[HEADER])
                caller = request_context.RequestContext.from_environ(
                    self.endpoint.environ)
                self.assertEqual(
                    sent if taken else None, caller.global_request_id)

    def test_context_is_that_of_this_request_at_once(self) -> None:
        seen: list[Any] = []

        def endpoint(environ: dict[str, Any], start_response: Any) -> Any:
            current = oslo_context.get_current()
            assert current is not None
            seen.append((current.request_id, current.global_request_id,
                         current.user_id))
            return webob.Response()(environ, start_response)

        application = self.factory(
            {paste.CONF_KEY: self.configure()})(endpoint)
        request_context.RequestContext(user_id='the one before')
        answer = self.send(application, headers={HEADER: GLOBAL_ID})
        self.assertEqual([(answer.headers[HEADER], GLOBAL_ID, None)], seen)


class LogTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service())
        self.lines = self.log_lines(self.service.conf)

    def test_lines_carry_the_id_of_their_own_request(self) -> None:
        for path, user in (
                ('/v2.1/images', 'member'), ('/v2.1/images', None),
                ('/v2.1/images', 'bad'), ('/', None), ('/v2.1', 'admin'),
                ('/v2.1/images/none', 'other')):
            with self.case(path, user):
                del self.lines[:]
                answer = self.service.request(path, user=user)
                self.assertEqual(1, len(self.lines))
                self.assertIn(answer.headers[HEADER], self.lines[0])

    def test_lines_before_authentication_name_no_other_user(self) -> None:
        self.service.request('/v2.1/images', user='admin')
        del self.lines[:]
        self.service.request('/v2.1/images', user=None)
        self.assertNotIn(fixtures.ADMIN_PROJECT, self.lines[0])

    def test_lines_carry_a_valid_global_id(self) -> None:
        for sent, shown in ((GLOBAL_ID, True), ('req-bogus', False)):
            with self.case(sent):
                del self.lines[:]
                self.service.request('/v2.1/images', headers={HEADER: sent})
                self.assertIs(shown, sent in self.lines[0])
