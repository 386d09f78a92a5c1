# SPDX-License-Identifier: Apache-2.0

"""Tests of sending requests to the applications of the versions."""

from typing import Any

import webob

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api.pipeline import version_map
from nova_images_compat.api import wsgi
from nova_images_compat.tests.unit import helpers

PATHS = {
    '/': 'versions', '/v2': 'version', '/v2.1': 'version',
    '/v2/+': 'images', '/v2.1/+': 'images'}


PASTE = '''
[app:versions]
paste.app_factory = {module}:make
name = versions
[app:version]
paste.app_factory = {module}:make
name = version
[app:images]
paste.app_factory = {module}:make
name = images
'''


def make(global_conf: dict[str, Any], name: str) -> Any:
    """Make an application that responds with what it receives."""
    global_conf['made'].append(name)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        legacy = environ.get(wsgi.ENV_LEGACY_V2, False)
        text = ' '.join((
            name, repr(environ['SCRIPT_NAME']),
            repr(environ['PATH_INFO']), 'legacy' if legacy else 'new'))
        return webob.Response(text=text)(environ, start_response)

    return application


class VersionMapTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.made: list[str] = []
        loader = paste.open_file(self.write(
            'paste.ini', PASTE.format(module=__name__)))
        self.application = version_map.factory(
            loader, {'made': self.made}, **PATHS)

    def _send(self, path: str, **environ: Any) -> str:
        return webob.Request.blank(
            path, environ=environ).get_response(self.application).text

    def test_paths(self) -> None:
        for path, expected in (
                ('/', "versions '' '/' new"),
                ('/v3/images', "versions '' '/v3/images' new"),
                ('//V2.1/images//7', "versions '' '/V2.1/images/7' new"),
                ('/v2.10', "versions '' '/v2.10' new"),
                ('/images', "versions '' '/images' new"),
                ('/v2', "version '/v2' '' legacy"),
                ('/v2/', "version '/v2' '/' legacy"),
                ('/v2.1', "version '/v2.1' '' new"),
                ('/v2.1/', "version '/v2.1' '/' new"),
                ('/v2/images', "images '/v2' '/images' legacy"),
                ('/v2.1/images/', "images '/v2.1' '/images/' new"),
                ('/v2.1/v2/images', "images '/v2.1' '/v2/images' new"),
                ('//v2.1//images///7', "images '/v2.1' '/images/7' new"),
                ('/+', "versions '' '/+' new"),
                ('/v2.1/+', "images '/v2.1' '/+' new")):
            with self.case(path):
                self.assertEqual(expected, self._send(path))

    def test_below_where_it_is_mounted(self) -> None:
        self.assertEqual(
            "images '/compute/v2.1' '/images' new",
            self._send('/v2.1/images', SCRIPT_NAME='/compute'))

    def test_an_application_of_several_paths_is_made_once(self) -> None:
        self.assertEqual(
            ['images', 'version', 'versions'], sorted(self.made))
