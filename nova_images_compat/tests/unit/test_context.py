# SPDX-License-Identifier: Apache-2.0

"""Tests of who a caller is."""

from oslo_context import context as oslo_context

from nova_images_compat import context
from nova_images_compat.tests import base


class RequestContextTest(base.TestCase):

    def test_the_role_admin_makes_an_admin_in_any_case(self) -> None:
        for roles, expected in (
                (['admin'], True), (['member', 'ADMIN'], True),
                (['administrator'], False), (['reader'], False), ([], False)):
            with self.subTest(roles=roles):
                caller = context.RequestContext(roles=roles)
                self.assertIs(expected, caller.is_admin)

    def test_nothing_but_the_role_admin_makes_an_admin(self) -> None:
        caller = context.RequestContext(is_admin=True, roles=['member'])
        self.assertFalse(caller.is_admin)

    def test_a_reader_is_one_who_has_no_other_role(self) -> None:
        for roles, expected in (
                (['reader'], True), (['Reader'], True),
                (['reader', 'member'], False), (['member'], False),
                ([], False)):
            with self.subTest(roles=roles):
                caller = context.RequestContext(roles=roles)
                self.assertIs(expected, caller.is_reader_only)

    def test_from_what_authentication_left(self) -> None:
        caller = context.RequestContext.from_environ({
            'HTTP_X_USER_ID': 'user', 'HTTP_X_PROJECT_ID': 'project',
            'HTTP_X_ROLES': 'member, Admin',
            'openstack.request_id': 'req-1',
            'openstack.global_request_id': 'req-2'})
        self.assertEqual(
            ('user', 'project', True, 'req-1', 'req-2'),
            (caller.user_id, caller.project_id, caller.is_admin,
             caller.request_id, caller.global_request_id))

    def test_admin_context_is_admin_and_not_the_threads_context(self) -> None:
        current = context.RequestContext(user_id='user')
        self.assertTrue(context.get_admin_context().is_admin)
        self.assertIs(current, oslo_context.get_current())
