# SPDX-License-Identifier: Apache-2.0

"""Tests of making the applications."""

import logging
import os
from typing import Any

import fixtures as tools
from oslo_config import cfg
from stevedore import extension
import webob

from nova_images_compat.api import app
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat.image import loader
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers


def only(**options: Any) -> dict[str, dict[str, Any]]:
    return {'api': options}


class LoadTest(helpers.TestCase):

    def test_applications_have_nothing_in_common(self) -> None:
        first = self.useFixture(fixtures.Service(options=only(max_limit=1)))
        second = self.useFixture(fixtures.Service(options=only(max_limit=2)))
        for service in (first, second):
            for _ in range(3):
                service.add_image()
        for service, expected in ((first, 1), (second, 2), (first, 1)):
            with self.case(service, expected):
                answer = service.request('/v2.1/images?limit=3').json
                self.assertEqual(expected, len(answer['images']))

    def test_the_global_configuration_is_not_touched(self) -> None:
        self.useFixture(fixtures.Service()).request('/v2.1/images')
        for group in ('api', 'quota', 'wsgi', 'state_path', 'cors',
                      'healthcheck', 'oslo_policy'):
            with self.case(group):
                self.assertNotIn(group, cfg.CONF)

    def test_paste_file_beside_the_configuration_wins(self) -> None:
        service = self.useFixture(fixtures.Service())
        with open(os.path.join(
                service.configuration.directory, 'api-paste.ini'), 'w') as ini:
            ini.write('[app:main]\npaste.app_factory = '
                      'nova_images_compat.api.app:version_factory\n')
        answer = webob.Request.blank('/anything').get_response(
            app.load(service.conf))
        self.assertEqual('v2.1', answer.json['version']['id'])

    def test_database_that_is_not_ready(self) -> None:
        error = self.assertRaises(
            exception.DatabaseNotReady, app.load, self.configure())
        self.assertIn('db sync', str(error))

    def test_unknown_store_names_those_that_there_are(self) -> None:
        conf = self.configure(only(image_store='nowhere'))
        error = self.assertRaises(
            exception.ConfigurationError, app.load, conf)
        self.assertIn('[api] image_store', str(error))
        self.assertIn('"nowhere"', str(error))
        for name in extension.ExtensionManager(loader.NAMESPACE).names():
            with self.case(name):
                self.assertIn(name, str(error))

    def test_a_store_without_its_extra(self) -> None:
        conf = self.configure(only(image_store='catalog'))
        for versions, told in (
                ({'SQLAlchemy': '1.4.51'}, '1.4.51'), ({'alembic': None}, '')):
            with self.case(versions, told):
                with fixtures.Installed(versions):
                    error = self.assertRaises(
                        exception.MissingExtra, loader.load_store, conf)
                self.assertIn('[api] image_store = catalog needs', str(error))
                self.assertIn(told, str(error))

    def _refusal(self, group: str, name: str, value: str) -> str:
        service = self.useFixture(fixtures.Service())
        self.path = self.configuration_of(
            f'[DEFAULT]\nstate_path = {service.configuration.directory}\n'
            f'[{group}]\n{name} = {value}\n')
        return str(self.assertRaises(
            exception.ConfigurationError,
            lambda: app.load(reader.load(
                ['--config-file', self.path], environ={}))))

    def test_bad_values_of_the_filters_options(self) -> None:
        for group, name, value in (
                ('oslo_middleware', 'max_request_body_size', 'huge'),
                ('oslo_middleware', 'enable_proxy_headers_parsing', 'perhaps'),
                ('healthcheck', 'detailed', 'perhaps')):
            with self.case(group, name):
                refusal = self._refusal(group, name, value)
                self.assertIn(name, refusal)
                self.assertIn(self.path, refusal)

    def test_bad_values_of_keystones_options(self) -> None:
        for name, value in (
                ('auth_type', 'nowhere'), ('http_connect_timeout', 'long')):
            with self.case(name):
                self.assertIn(value, self._refusal(
                    'keystone_authtoken', name, value))


class PasteFileTest(helpers.TestCase):

    def _refusal(self, name: str) -> str:
        return str(self.assertRaises(
            exception.ConfigurationError, app.load,
            self.configure({'wsgi': {'api_paste_config': name}})))

    def test_missing_file(self) -> None:
        for name in ('/nowhere/paste.ini', 'no-such-paste.ini', ''):
            with self.case(name):
                self.assertIn(
                    f'[wsgi] api_paste_config: {name}'.strip(),
                    self._refusal(name))

    def test_broken_file_is_named(self) -> None:
        for content in (
                'nonsense', '[app:main\n', '[app:main]\na=1\n[app:main]\n',
                '[app:main]\npaste.app_factory = %(nowhere)s\n',
                b'[app:main]\n\xff = \xff\n'):
            with self.case(content):
                path = self.write('paste.ini', content)
                self.assertIn(path, self._refusal(path))

    def test_file_that_names_what_is_not_there(self) -> None:
        for section in (
                '[app:other]\nuse = egg:x', '[app:main]\nuse = egg:nowhere',
                '[app:main]\npaste.app_factory = nowhere:factory',
                '[app:main]\npaste.app_factory = os:nowhere',
                '[app:main]\npaste.app_factory = os:sep',
                '[pipeline:main]\npipeline = nowhere neither',
                '[composite:main]\nuse = call:nova_images_compat.api.'
                'pipeline.auth_strategy:factory\nkeystone = nowhere'):
            with self.case(section):
                path = self.write('paste.ini', section)
                self.assertIn(path, self._refusal(path))

    def test_novas_file_is_passed_over(self) -> None:
        service = self.useFixture(fixtures.Service())
        path = os.path.join(service.configuration.directory, 'api-paste.ini')
        with open(path, 'w') as ini:
            ini.write('[composite:osapi_compute]\nuse = call:nova:nowhere\n')
        for name in ('api-paste.ini', path):
            with self.case(name):
                service.conf.set_override(
                    'api_paste_config', name, group='wsgi')
                answer = webob.Request.blank('/').get_response(
                    app.load(service.conf))
                self.assertEqual(['versions'], list(answer.json))

    def test_a_mistake_of_ours_is_not_reported_as_the_files(self) -> None:
        service = self.useFixture(fixtures.Service())
        for error in (AttributeError, KeyError, TypeError, ValueError):
            with self.case(error):
                with tools.MockPatchObject(
                        loader, 'load_store', side_effect=error):
                    self.assertRaises(error, app.load, service.conf)

    def test_writes_that_cannot_work(self) -> None:
        service = self.useFixture(fixtures.Service())
        self.useFixture(tools.MockPatch(
            'nova_images_compat.image.catalog.store.CatalogStore.check_writes',
            side_effect=exception.ConfigurationError('[coordination] x')))
        self.assertRaises(
            exception.ConfigurationError, app.load, service.conf)
        log = self.useFixture(tools.FakeLogger(
            'nova_images_compat', level=logging.CRITICAL))
        app.load_guest({'config_file': service.configuration.path})
        self.assertEqual(
            'Requests that write image metadata get a 503: [coordination] x\n',
            log.output)


class VersionApplicationsTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service())

    def _request(self, path: str, **kwargs: Any) -> webob.Response:
        return self.service.request(path, user=None, **kwargs)

    def test_versions_are_told_to_anybody(self) -> None:
        for path, status, key in (
                ('/', 200, 'versions'), ('/v2', 200, 'version'),
                ('/v2/', 200, 'version'), ('/v2.1', 200, 'version'),
                ('/v2.1/', 200, 'version'), ('/v3', 300, 'choices'),
                ('//', 200, 'versions'), ('///', 200, 'versions'),
                ('/images', 300, 'choices')):
            with self.case(path):
                answer = self._request(path)
                self.assertEqual(status, answer.status_int)
                self.assertEqual([key], list(answer.json))

    def test_a_path_that_is_not_utf_8_is_no_mistake_of_ours(self) -> None:
        answer = self._request('/%FF')
        self.assertIn(answer.status_int, (300, 400, 404))

    def test_below_a_version_callers_must_say_who_they_are(self) -> None:
        for path in ('/v2/images', '/v2.1/images', '/v2.1/nowhere'):
            with self.case(path):
                self.assertEqual(401, self._request(path).status_int)
