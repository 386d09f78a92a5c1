# SPDX-License-Identifier: Apache-2.0

"""Tests of the filter that trusts the headers of a proxy."""

from nova_images_compat.api.pipeline import http_proxy_to_wsgi
from nova_images_compat.tests.unit import helpers

FORWARDED = {
    'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'public.example',
    'X-Forwarded-Prefix': '/compute', 'X-Forwarded-For': '192.0.2.7'}
KEY = 'enable_proxy_headers_parsing'


class HTTPProxyToWSGITest(helpers.FilterTestCase):

    factory = staticmethod(http_proxy_to_wsgi.factory)

    def _url(self, enabled: bool) -> str:
        application = self.make({'oslo_middleware': {KEY: enabled}})
        self.send(application, path='/v2.1', headers=FORWARDED)
        environ = self.endpoint.environ
        return (f'{environ["wsgi.url_scheme"]}://{environ["HTTP_HOST"]}'
                f'{environ["SCRIPT_NAME"]}')

    def test_believed_where_configured(self) -> None:
        self.assertEqual('https://public.example/compute', self._url(True))
        self.assertEqual('192.0.2.7', self.endpoint.environ['REMOTE_ADDR'])

    def test_otherwise_anybodys_words(self) -> None:
        self.assertEqual('http://localhost:80', self._url(False))
        self.assertNotIn('REMOTE_ADDR', self.endpoint.environ)

    def test_not_believed_by_default(self) -> None:
        self.send(self.make(), headers=FORWARDED)
        self.assertEqual('http', self.endpoint.environ['wsgi.url_scheme'])
