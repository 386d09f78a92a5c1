# SPDX-License-Identifier: Apache-2.0

"""Tests of the URLs of the service."""

from nova_images_compat.api import urls
from nova_images_compat.api import wsgi
from nova_images_compat.tests import base


class LinksTest(base.TestCase):

    def test_with_prefix(self) -> None:
        for url, prefix, expected in (
                ('http://own/v2.1', None, 'http://own/v2.1'),
                ('http://own/v2.1', '', 'http://own/v2.1'),
                ('http://own/v2.1', 'https://public', 'https://public/v2.1'),
                ('http://own:80/v2.1', 'https://public:443/',
                 'https://public:443/v2.1'),
                ('http://own/v2.1/', 'https://public/compute/',
                 'https://public/compute/v2.1'),
                ('http://own', 'https://public/compute',
                 'https://public/compute'),
                ('http://own/', 'https://public', 'https://public')):
            with self.case(url, prefix):
                self.assertEqual(expected, urls.with_prefix(url, prefix))

    def test_service_root(self) -> None:
        for script_name, expected in (
                ('', 'http://host'), ('/', 'http://host'),
                ('/v2', 'http://host'), ('/v2.1', 'http://host'),
                ('/compute', 'http://host/compute'),
                ('/compute/v2.1', 'http://host/compute'),
                ('/v2/v2.1', 'http://host/v2'),
                ('/v2.10', 'http://host/v2.10')):
            with self.case(script_name):
                request = wsgi.Request.blank(
                    '/', base_url='http://host')
                request.script_name = script_name
                self.assertEqual(expected, urls.service_root(request))
