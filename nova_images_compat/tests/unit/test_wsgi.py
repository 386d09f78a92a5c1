# SPDX-License-Identifier: Apache-2.0

"""Tests of what a WSGI server loads."""

import os

import fixtures

from nova_images_compat.conf import reader
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

ASK = '''
import webob
from nova_images_compat import wsgi
answer = webob.Request.blank(
    '/v2.1/images', headers={'X-Auth-Token': 'user:project'},
).get_response(wsgi.application)
print(answer.status_int, answer.text)
'''


class ApplicationTest(helpers.TestCase):

    def test_serves_the_configuration_of_the_environment(self) -> None:
        service = self.useFixture(own_fixtures.Service())
        result = helpers.run_python('-c', ASK, environ={
            reader.FILES_VARIABLE: service.configuration.path})
        self.assertEqual(
            '200 {"images":[]}', result.stdout.splitlines()[-1],
            result.stderr)

    def _refusal(self, path: str) -> str:
        result = helpers.run_python(
            '-c', 'from nova_images_compat import wsgi', environ={
                reader.FILES_VARIABLE: path})
        self.assertEqual(1, result.returncode)
        self.assertNotIn('During handling', result.stderr)
        kind, _, refusal = result.stderr.splitlines()[-1].partition(': ')
        self.assertEqual('RuntimeError', kind)
        return refusal

    def test_missing_configuration_is_told_in_one_line(self) -> None:
        path = os.path.join(self.useFixture(fixtures.TempDir()).path, 'none')
        self.assertEqual(
            'nova-images-compat: configuration file not found or not '
            f'readable: {path}', self._refusal(path))

    def test_bad_value_is_told_in_one_line(self) -> None:
        path = self.configuration_of('[api]\nmax_limit = many\n')
        refusal = self._refusal(path)
        self.assertIn(
            f'nova-images-compat: {path}: [api] max_limit: ', refusal)

    def test_unusable_log_is_told_in_one_line(self) -> None:
        path = self.configuration_of('[DEFAULT]\nlog_file = /none/x.log\n')
        self.assertIn('/none/x.log', self._refusal(path))
