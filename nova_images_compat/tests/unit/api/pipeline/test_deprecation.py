# SPDX-License-Identifier: Apache-2.0

"""Tests of the headers that tell clients that the API is deprecated."""

from unittest import mock

from nova_images_compat.api.pipeline import deprecation
from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import wsgi
from nova_images_compat import context as request_context
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

ON = {'deprecation_headers': True}
PREFIX = 'https://image.example/'


class DeprecationTest(helpers.FilterTestCase):

    factory = staticmethod(deprecation.factory)

    def test_off(self) -> None:
        self.assertIs(self.endpoint, self.make())

    def test_on(self) -> None:
        answer = self.send(self.make({'api': ON}))
        self.assertEqual('@1475712000', answer.headers['Deprecation'])
        self.assertNotIn('Sunset', answer.headers)
        self.assertNotIn('Link', answer.headers)

    def test_sunset(self) -> None:
        answer = self.send(self.make({
            'api': {**ON, 'sunset': '2027-12-31'}}))
        self.assertEqual(
            'Fri, 31 Dec 2027 00:00:00 GMT', answer.headers['Sunset'])

    def test_configured_successor(self) -> None:
        answer = self.send(self.make({
            'api': {**ON, 'glance_link_prefix': PREFIX}}))
        self.assertEqual(
            '<https://image.example/v2/images>; rel="successor-version"',
            answer.headers['Link'])

    def test_no_parameter_comes_in_by_the_successor(self) -> None:
        answer = self.send(self.make({'api': {
            **ON, 'glance_link_prefix': 'https://a.example/>;rel="x"'}}))
        self.assertEqual(
            '<https://a.example/%3E;rel=%22x%22/v2/images>; '
            'rel="successor-version"', answer.headers['Link'])

    def test_successor_that_the_store_knows(self) -> None:
        store = mock.Mock()
        store.public_root.return_value = 'http://10.0.0.1:9292'
        store.service_path.return_value = '/image'
        for prefix, root in ((None, 'http://10.0.0.1:9292'),
                             (PREFIX, 'https://image.example/image')):
            with self.case(prefix):
                conf = self.configure({'api': {
                    **ON, 'glance_link_prefix': prefix or ''}})
                made = self.factory({paste.CONF_KEY: conf})(
                    deprecation.SuccessorLink(self.endpoint, store, prefix))
                self.assertEqual(
                    [f'<{root}/v2/images>; rel="successor-version"'],
                    self.send(made, environ={
                        wsgi.ENV_CONTEXT: request_context.RequestContext(),
                    }).headers.getall('Link'))


class WholePipelineTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(fixtures.Service(options={
            'api': {**ON, 'image_store': 'glance'},
            'glance': {'endpoint_override': 'http://image.example/v2'}}))

    def test_every_answer_says_it(self) -> None:
        for user, path, status in (
                ('member', '/v2.1/images/x', 404),
                ('member', '/v2.1/nowhere', 404),
                ('member', '/v2.1/images?limit=x', 400),
                (None, '/v2.1/images', 401)):
            answer = self.service.request(path, user=user)
            with self.case(path, user):
                self.assertEqual(status, answer.status_int)
                self.assertIn('Deprecation', answer.headers)
                self.assertEqual(
                    user is not None, 'Link' in answer.headers)

    def test_versions_are_not_deprecated(self) -> None:
        self.assertNotIn(
            'Deprecation', self.service.request('/v2.1').headers)
