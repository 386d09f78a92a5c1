# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter that makes the request's context."""

import types

from oslo_context import context as oslo_context

from nova_images_compat.api.pipeline import context_filter
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.tests.unit import helpers


class ContextFilterTest(helpers.FilterTestCase):

    factory = staticmethod(context_filter.factory)

    def test_context_is_the_callers(self) -> None:
        self.send(self.make(), headers={
            'X-User-Id': 'user', 'X-Project-Id': 'project',
            'X-Roles': 'reader'}, environ={wsgi.ENV_REQUEST_ID: 'req-7'})
        caller = self.endpoint.environ[wsgi.ENV_CONTEXT]
        self.assertIsInstance(caller, request_context.RequestContext)
        self.assertEqual(
            ('user', 'project', True, 'req-7'),
            (caller.user_id, caller.project_id, caller.is_reader_only,
             caller.request_id))
        self.assertIs(caller, oslo_context.get_current())

    def test_whom_nobody_named_does_not_pass(self) -> None:
        for headers in ({}, {'X-Roles': 'admin', 'X-Project-Id': 'p'}):
            with self.case(headers):
                answer = self.send(self.make(), headers=headers)
                self.assertEqual(401, answer.status_int)
                self.assertEqual(401, answer.json['unauthorized']['code'])
                self.assertEqual([], self.endpoint.seen)

    def test_headers_prove_nothing_where_keystone_should(self) -> None:
        application = self.make({'api': {'auth_strategy': 'keystone'}})
        claimed = {'X-User-Id': 'me', 'X-Roles': 'admin',
                   'X-Identity-Status': 'Confirmed'}
        token, none = (
            types.SimpleNamespace(has_user_token=there)
            for there in (True, False))
        for token_auth, status in ((None, 401), (none, 401), (token, 200)):
            with self.case(token_auth, status):
                answer = self.send(application, headers=claimed, environ={
                    'keystone.token_auth': token_auth})
                self.assertEqual(status, answer.status_int)
