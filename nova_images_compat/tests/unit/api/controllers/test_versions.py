# SPDX-License-Identifier: Apache-2.0

"""Tests of the controller of version documents."""

from nova_images_compat.api.controllers import versions
from nova_images_compat.api import wsgi
from nova_images_compat import exception
from nova_images_compat.tests.unit import helpers


class VersionsControllerTest(helpers.TestCase):

    def test_what_the_view_says_is_held_against_the_schema(self) -> None:
        controller = versions.VersionsController(self.configure())
        controller.view.current.summary['status'] = 'SUPERB'
        request = wsgi.Request.blank('/')
        for declared in (controller.index, controller.show,
                         controller.choices):
            with self.case(declared.name):
                self.assertRaises(
                    exception.InvalidResponse,
                    wsgi.Resource(controller, declared).run, request)

    def test_choices_have_their_own_status(self) -> None:
        controller = versions.VersionsController(self.configure())
        answer = helpers.blank('/x', environ={
            wsgi.ENV_ROUTE: ((), {}),
        }).get_response(wsgi.Resource(controller, controller.choices))
        self.assertEqual(300, answer.status_int)
