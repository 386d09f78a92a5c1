# SPDX-License-Identifier: Apache-2.0

"""Tests of who a caller is."""

from typing import Any

from keystoneauth1 import token_endpoint
from oslo_context import context as oslo_context

from nova_images_compat import context as request_context
from nova_images_compat.tests import base


class RequestContextTest(base.TestCase):

    def test_the_role_admin_makes_an_admin_in_any_case(self) -> None:
        for roles, expected in (
                (['admin'], True), (['member', 'ADMIN'], True),
                (['administrator'], False), (['reader'], False), ([], False)):
            with self.case(roles):
                caller = request_context.RequestContext(roles=roles)
                self.assertIs(expected, caller.is_admin)

    def test_nothing_but_the_role_admin_makes_an_admin(self) -> None:
        caller = request_context.RequestContext(
            is_admin=True, roles=['member'])
        self.assertFalse(caller.is_admin)

    def test_a_reader_is_one_who_has_no_other_role(self) -> None:
        for roles, expected in (
                (['reader'], True), (['Reader'], True),
                (['reader', 'member'], False), (['member'], False),
                ([], False)):
            with self.case(roles):
                caller = request_context.RequestContext(roles=roles)
                self.assertIs(expected, caller.is_reader_only)

    def test_from_what_authentication_left(self) -> None:
        caller = request_context.RequestContext.from_environ({
            'HTTP_X_USER_ID': 'user', 'HTTP_X_PROJECT_ID': 'project',
            'HTTP_X_ROLES': 'member, Admin',
            'openstack.request_id': 'req-1',
            'openstack.global_request_id': 'req-2'})
        self.assertEqual(
            ('user', 'project', True, 'req-1', 'req-2'),
            (caller.user_id, caller.project_id, caller.is_admin,
             caller.request_id, caller.global_request_id))

    def test_everything_that_keystone_tells(self) -> None:
        auth = token_endpoint.Token('http://image.example', 'a-token')
        caller = request_context.RequestContext.from_environ({
            'HTTP_X_AUTH_TOKEN': 'a-token',
            'HTTP_X_USER_ID': 'user', 'HTTP_X_USER_DOMAIN_ID': 'users',
            'HTTP_X_PROJECT_ID': 'project',
            'HTTP_X_PROJECT_DOMAIN_ID': 'projects',
            'HTTP_X_DOMAIN_ID': 'domain',
            'HTTP_X_IS_ADMIN_PROJECT': 'False',
            'HTTP_OPENSTACK_SYSTEM_SCOPE': 'all',
            'keystone.token_auth': auth})
        self.assertEqual(
            ('a-token', 'users', 'projects', 'domain', False, 'all'),
            (caller.auth_token, caller.user_domain_id,
             caller.project_domain_id, caller.domain_id,
             caller.is_admin_project, caller.system_scope))
        self.assertIs(auth, caller.user_auth)

    def test_what_keystone_does_not_tell(self) -> None:
        caller = request_context.RequestContext.from_environ({})
        self.assertEqual(
            (None, None, None, None, None, True, []),
            (caller.user_auth, caller.user_id, caller.project_id,
             caller.domain_id, caller.system_scope, caller.is_admin_project,
             caller.roles))

    def test_is_admin_project_is_true_unless_it_is_denied(self) -> None:
        for value, expected in (
                ('True', True), ('true', True), ('False', False)):
            with self.case(value, expected):
                caller = request_context.RequestContext.from_environ(
                    {'HTTP_X_IS_ADMIN_PROJECT': value})
                self.assertIs(expected, caller.is_admin_project)

    def test_request_ids(self) -> None:
        theirs = 'req-01234567-89ab-cdef-0123-456789abcdef'
        caller = request_context.RequestContext.from_environ({
            'openstack.request_id': 'req-1',
            'openstack.global_request_id': theirs})
        self.assertEqual(
            ('req-1', theirs, theirs),
            (caller.request_id, caller.global_request_id, caller.global_id))
        caller = request_context.RequestContext.from_environ(
            {'openstack.request_id': 'req-1'})
        self.assertEqual('req-1', caller.global_id)

    def test_what_is_given_goes_before_the_environ(self) -> None:
        auth = token_endpoint.Token('http://image.example', 'a-token')
        caller = request_context.RequestContext.from_environ(
            {'HTTP_X_USER_ID': 'user', 'keystone.token_auth': None},
            user_id='other', user_auth=auth)
        self.assertEqual('other', caller.user_id)
        self.assertIs(auth, caller.user_auth)

    def test_neither_the_token_nor_its_catalogue_is_logged(self) -> None:
        auth: Any = token_endpoint.Token('http://image.example', 'a-token')
        caller = request_context.RequestContext(
            user_auth=auth, auth_token='a-token')
        self.assertNotIn('user_auth', caller.to_dict())
        self.assertNotIn(
            'a-token', str(caller.get_logging_values()))

    def test_admin_context_is_admin_and_not_the_threads_context(self) -> None:
        current = request_context.RequestContext(user_id='user')
        self.assertTrue(request_context.get_admin_context().is_admin)
        self.assertIs(current, oslo_context.get_current())
