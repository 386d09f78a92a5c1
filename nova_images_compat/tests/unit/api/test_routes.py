# SPDX-License-Identifier: Apache-2.0

"""Tests of the URL table."""

from unittest import mock

import fixtures
import webob

from nova_images_compat.api.controllers import image_metadata
from nova_images_compat.api.controllers import images
from nova_images_compat.api.controllers import versions
from nova_images_compat.api import operation
from nova_images_compat.api import routes
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.tests.unit import helpers

PROJECT = '0123456789abcdef-0123'
# The table itself; a test replaces it.
TABLE = routes.TABLE

METHODS = ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE')

# The operations of each URL, independent of the table itself.
EXPECTED = {
    '/images': {'GET': 'images.index'},
    '/images/detail': {
        'GET': 'images.detail', 'DELETE': 'images.delete detail'},
    '/images/7': {'GET': 'images.show 7', 'DELETE': 'images.delete 7'},
    '/images/7/metadata': {
        'GET': 'metadata.index 7',
        'POST': 'metadata.create 7',
        'PUT': 'metadata.update_all 7',
    },
    '/images/7/metadata/a': {
        'GET': 'metadata.show 7 a',
        'PUT': 'metadata.update 7 a',
        'DELETE': 'metadata.delete 7 a',
    },
}


class RouterTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        conf = self.configure()
        self.useFixture(fixtures.MockPatchObject(routes, 'TABLE', tuple(
            (method, path, controller, self._teller(controller, declared.name))
            for method, path, controller, declared in routes.TABLE)))
        self.router = routes.Router(
            images.ImagesController(conf, mock.Mock(), mock.Mock()),
            image_metadata.ImageMetadataController(
                conf, mock.Mock(), mock.Mock()),
            versions.VersionsController(conf))

    @staticmethod
    def _teller(
        controller: type[wsgi.Controller], name: str,
    ) -> operation.Operation:
        """Return an operation that answers with its name and arguments."""
        resource = {routes.Images: 'images', routes.Metadata: 'metadata'}[
            controller]

        @operation.declare()
        def tell(
            controller: wsgi.Controller, req: wsgi.Request, **arguments: str,
        ) -> list[str]:
            arguments.pop('body', None)
            return [' '.join([f'{resource}.{name}', *arguments.values()])]

        return tell

    def _send(self, path: str, method: str = 'GET') -> webob.Response:
        return helpers.blank(path, method=method, environ={
            wsgi.ENV_CONTEXT: request_context.RequestContext(
                project_id=PROJECT),
        }).get_response(self.router)

    def test_every_url_and_method(self) -> None:
        for prefix in ('', f'/{PROJECT}'):
            for path, actions in EXPECTED.items():
                for method in METHODS:
                    with self.case(prefix + path, method):
                        answer = self._send(prefix + path, method)
                        if method in actions:
                            self.assertEqual([actions[method]], answer.json)
                        else:
                            self.assertEqual(404, answer.status_int)

    def test_project_s_own_url_shows_the_version(self) -> None:
        answer = self._send(f'/{PROJECT}/')
        self.assertEqual('v2.1', answer.json['version']['id'])
        self.assertEqual(400, self._send('/abc/').status_int)

    def test_every_operation_says_all_of_itself(self) -> None:
        for method, path, controller, declared in TABLE:
            with self.case(f'{method} {path}'):
                assert declared.versions and declared.errors
                self.assertEqual('2.1', declared.versions.first)
                self.assertIn(403, declared.errors)
                self.assertIn('type', declared.response_schema or {})
                self.assertEqual(
                    method in ('POST', 'PUT'),
                    declared.body_schema is not None)
                if controller is images.ImagesController and method == 'GET':
                    self.assertIn('properties', declared.query_schema or {})

    def test_operations_are_of_their_controller(self) -> None:
        for method, path, controller, declared in TABLE:
            with self.case(f'{method} {path}'):
                self.assertIs(
                    declared, getattr(controller, declared.name))

    def test_what_is_nowhere_is_a_fault(self) -> None:
        for path in (
                '/', '/image', '/images/', '/images/7/', '/images/7/members',
                '/images/7/metadata/', '/images/7/metadata/a/b', '/servers',
                f'/{PROJECT}', f'/{PROJECT}/{PROJECT}/images',
                '/UPPERCASE/images', '/images%0A', '/images/7%0A',
                '/images/7/metadata/a%0A', '/%FF', '/images/%FF'):
            with self.case(path):
                answer = self._send(path)
                self.assertEqual(404, answer.status_int)
                self.assertEqual(404, answer.json['itemNotFound']['code'])

    def test_another_project_in_the_url(self) -> None:
        self.assertEqual(400, self._send('/abc/images').status_int)

    def test_parts_of_the_path_are_unquoted(self) -> None:
        for quoted, expected in (
                ('%C3%BC', 'ü'), ('a%20b', 'a b'), ('a%252F', 'a%2F'),
                ('%F0%9F%98%80', '\U0001f600'), ('a:b.c-d_e', 'a:b.c-d_e')):
            with self.case(quoted):
                self.assertEqual(
                    [f'metadata.show 7 {expected}'],
                    self._send(f'/images/7/metadata/{quoted}').json)
