# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter in Nova's pipeline."""

import io
import itertools
import logging
import sys
from typing import Any
from unittest import mock

import fixtures as tools
import webob

from nova_images_compat.api import app
from nova_images_compat.api import plugin
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

IMAGE = '6a7f119d-5c3e-4c8c-9f6e-0d4f4f1c9a05'

# What Nova's pipeline leaves in the environ.
AUTHENTICATED = {
    'HTTP_X_USER_ID': 'member', 'HTTP_X_PROJECT_ID': fixtures.PROJECT,
    'HTTP_X_ROLES': 'member', 'openstack.request_id': 'req-1',
}


class _TestCase(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        service = self.useFixture(fixtures.Service(options=self.options()))
        self.image_id = service.add_image(name='ours')
        make_filter = plugin.filter_factory(
            {}, config_file=service.configuration.path)
        self.application = make_filter(self._nova)
        self.passed_on: list[dict[str, Any]] = []

    def options(self) -> dict[str, dict[str, Any]]:
        return {}

    def _nova(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.passed_on.append(environ)
        return webob.Response('from Nova', status=418)(
            environ, start_response)

    def send(
        self, path: str, method: str = 'GET', version: str | None = None,
        **environ: Any,
    ) -> webob.Response:
        request = helpers.blank(path, method=method, environ={
            'SCRIPT_NAME': '/v2.1', **AUTHENTICATED, **environ})
        if version:
            request.headers['X-OpenStack-Nova-API-Version'] = version
        return request.get_response(self.application)

    def assert_ours(self, *args: Any, **kwargs: Any) -> webob.Response:
        answer = self.send(*args, **kwargs)
        self.assertEqual([], self.passed_on)
        return answer

    def assert_novas(self, *args: Any, **kwargs: Any) -> None:
        answer = self.send(*args, **kwargs)
        self.assertEqual('from Nova', answer.text)
        self.passed_on.clear()


class PluginTest(_TestCase):

    def test_images_are_answered(self) -> None:
        for path in ('/images', '/images/detail', f'/images/{self.image_id}',
                     f'/{fixtures.PROJECT}/images',
                     f'/images/{self.image_id}/metadata'):
            with self.case(path):
                self.assertEqual(200, self.assert_ours(path).status_int)

    def test_links_and_headers_are_as_novas_would_be(self) -> None:
        answer = self.assert_ours(f'/images/{self.image_id}')
        self.assertEqual(
            [f'http://localhost/v2.1/images/{self.image_id}',
             f'http://localhost/images/{self.image_id}'],
            [link['href'] for link in answer.json['image']['links'][:2]])
        self.assertEqual(
            'compute 2.1', answer.headers['OpenStack-API-Version'])
        self.assertIn('OpenStack-API-Version', answer.headers['Vary'])

    def test_errors_are_answered_too(self) -> None:
        self.assertEqual(404, self.assert_ours(f'/images/{IMAGE}').status_int)
        self.assertEqual(
            400, self.assert_ours('/images?limit=many').status_int)

    def test_others_pass_as_they_came(self) -> None:
        body = io.BytesIO(b'{"server": {}}')
        request = helpers.blank(
            '/servers', method='POST', environ={
                **AUTHENTICATED, 'wsgi.input': body, 'CONTENT_LENGTH': '14'})
        before = dict(request.environ)
        request.get_response(self.application)
        [environ] = self.passed_on
        self.assertEqual(before, environ)
        self.assertIs(request.environ, environ)
        self.assertEqual(0, body.tell())

    def test_images_that_are_not_ours_pass_as_they_came(self) -> None:
        body = io.BytesIO(b'{}')
        for method, path, version in (
                ('GET', '/images', '2.36'), ('GET', '/images', 'latest'),
                ('POST', '/images/x/metadata', '2.39'),
                ('PATCH', '/images/x', None), ('GET', '/images/x/y', None),
                ('GET', '/servers/images', None)):
            environ = {
                **AUTHENTICATED, 'REQUEST_METHOD': method, 'PATH_INFO': path,
                'wsgi.input': body, 'CONTENT_LENGTH': '2'}
            if version:
                environ['HTTP_OPENSTACK_API_VERSION'] = f'compute {version}'
            before = dict(environ)
            with self.case(method, path):
                self.application(environ, lambda *args: None)
                self.assertEqual(before, environ)
                self.assertEqual(0, body.tell())

    def test_versions(self) -> None:
        metadata = f'/images/{self.image_id}/metadata'
        for version in ('2.1', '2.35'):
            with self.case(version):
                answer = self.assert_ours('/images', version=version)
                self.assertEqual(200, answer.status_int)
        self.assertEqual(
            200, self.assert_ours(metadata, version='2.38').status_int)
        for version in ('2.36', '2.999', '3.0', '1.0', '2.0', 'latest',
                        'many', '2.', '2.01'):
            with self.case(version):
                self.assert_novas('/images', version=version)
        self.assert_novas(metadata, version='2.39')

    def test_legacy_requests_have_no_version(self) -> None:
        self.assert_ours(
            '/images', version='2.90', **{'openstack.legacy_v2': True})

    def test_paths_that_are_not_utf_8(self) -> None:
        self.assert_novas('/images', PATH_INFO='/images/\xff')

    def test_nobody_is_let_in(self) -> None:
        answer = self.assert_ours('/images', HTTP_X_USER_ID='')
        self.assertEqual(401, answer.status_int)


class FactoryTest(helpers.TestCase):
    """Errors of the configuration are contained and logged."""

    def _log_of(self, **options: str) -> str:
        log = self.useFixture(tools.FakeLogger(
            'nova_images_compat', level=logging.CRITICAL))
        application = plugin.filter_factory({}, **options)(
            webob.Response('from Nova'))
        for path, text in (('/servers', 'from Nova'), ('/images', '503')):
            with self.case(path, text):
                answer = webob.Request.blank(path).get_response(application)
                self.assertIn(text, f'{answer.status} {answer.text}', path)
        return log.output

    def test_configuration(self) -> None:
        service = self.useFixture(fixtures.Service())
        for text, told in (
                ('[api]\nmax_limit = many\n', '[api] max_limit'),
                ('[api]\nimage_store = nowhere\n', '[api] image_store'),
                ('[api]\nimage_store = catalog\n', '[database] connection'),
                ('max_limit', 'written.conf'),
                ('[oslo_policy]\npolicy_file = '
                 f'{service.configuration.path}\n',
                 '[oslo_policy] policy_file'),
                ('[glance]\ncafile = /nowhere\n', '[glance] cafile')):
            with self.case(text):
                path = self.configuration_of(
                    '[DEFAULT]\nstate_path = /nowhere\n' + text)
                log = self._log_of(config_file=path)
                self.assertIn(told, log)
                self.assertEqual(1, len(log.splitlines()), log)

    def test_section(self) -> None:
        for options, told in (
                ({'config_fil': '/etc/nova/nova.conf'}, 'config_fil'),
                ({'config_file': ' ; '}, 'config_file'),
                ({'config_file': '/nowhere.conf'}, '/nowhere.conf'),
                ({'config_dir': '/nowhere.d'}, '/nowhere.d'),
                ({}, 'config_file')):
            with self.case(options):
                log = self._log_of(**options)
                self.assertIn(told, log)
                self.assertEqual(1, len(log.splitlines()), log)

    def test_a_part_of_ours_that_cannot_be_imported(self) -> None:
        self.useFixture(tools.MonkeyPatch(
            'nova_images_compat.api.app', tools.MonkeyPatch.delete))
        with mock.patch.dict(
                sys.modules, {'nova_images_compat.api.app': None}):
            log = self._log_of(config_file='/nowhere')
        self.assertIn('unexpected ModuleNotFoundError', log)
        self.assertIn('Traceback', log)


class DefaultsTest(helpers.TestCase):
    """While the configuration is not known, the default one applies."""

    def test_as_the_routes(self) -> None:
        service = self.useFixture(fixtures.Service())
        images_api = app.load_guest(
            {'config_file': service.configuration.path})
        paths = [
            prefix + path for prefix in ('', '/0a-f', '/g', '/v2.1')
            for path in (
                '/images', '/images/', '/images/detail', f'/images/{IMAGE}',
                '/images/x/metadata', '/images/x/metadata/',
                '/images/x/metadata/y', '/images/x/y', '/images/x\n',
                '/images/x/metadata/y/z', '/imagesque', '/a/images')]
        ours = 0
        for method, path, version in itertools.product(
                ('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'), paths,
                ('2.1', '2.35', '2.36', '2.38', '2.39', '2.0', '3.1',
                 'latest', 'many', '2.01', '', None)):
            with self.case(method, path, version):
                environ = {'REQUEST_METHOD': method, 'PATH_INFO': path}
                if version is not None:
                    environ['HTTP_X_OPENSTACK_NOVA_API_VERSION'] = version
                expected = images_api.serves(environ)
                ours += expected
                self.assertEqual(
                    expected, plugin.is_ours_by_default(environ))
        self.assertEqual(93, ours)

    def test_legacy(self) -> None:
        self.assertTrue(plugin.is_ours_by_default({
            'REQUEST_METHOD': 'GET', 'PATH_INFO': '/images',
            'HTTP_OPENSTACK_API_VERSION': 'compute 2.90',
            'openstack.legacy_v2': True}))


class CeilingTest(_TestCase):

    def options(self) -> dict[str, dict[str, Any]]:
        return {'api': {'images_max_version': '2.60',
                        'metadata_max_version': '2.61'}}

    def test_higher_ceilings(self) -> None:
        answer = self.assert_ours('/images', version='2.60')
        self.assertEqual(200, answer.status_int)
        self.assertEqual(
            '2.60', answer.headers['X-OpenStack-Nova-API-Version'])
        self.assertEqual(200, self.assert_ours(
            f'/images/{self.image_id}/metadata', version='2.61').status_int)
        self.assert_novas('/images', version='2.61')
        self.assert_novas('/images', version='latest')
        self.assert_novas(
            f'/images/{self.image_id}/metadata', version='2.62')


class LatestTest(_TestCase):

    def options(self) -> dict[str, dict[str, Any]]:
        return {'api': {'images_max_version': '2.104'}}

    def test_latest_is_what_the_deployment_has(self) -> None:
        answer = self.assert_ours('/images', version='latest')
        self.assertEqual(200, answer.status_int)
        self.assertEqual(
            '2.104', answer.headers['X-OpenStack-Nova-API-Version'])


class KeystoneTest(_TestCase):

    def test_headers_prove_nothing(self) -> None:
        directory = self.useFixture(tools.TempDir()).path
        config = self.configuration_of(
            '[DEFAULT]\nstate_path = /tmp\n[glance]\n'
            'endpoint_override = http://127.0.0.1:1\n'
            f'[coordination]\nbackend_url = file://{directory}\n')
        self.application = plugin.filter_factory({}, config_file=config)(
            self._nova)
        answer = self.assert_ours('/images', HTTP_X_ROLES='admin')
        self.assertEqual(401, answer.status_int)
        self.assertIn('unauthorized', answer.json)
