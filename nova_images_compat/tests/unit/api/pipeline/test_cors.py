# SPDX-License-Identifier: Apache-2.0

"""Tests of the CORS filter."""

from nova_images_compat.api.pipeline import cors
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.unit import helpers

ORIGIN = 'https://dashboard.example'
PREFLIGHT = {
    'Origin': ORIGIN,
    'Access-Control-Request-Method': 'PUT',
    'Access-Control-Request-Headers': 'X-Auth-Token',
}


class CORSTest(helpers.FilterTestCase):

    factory = staticmethod(cors.factory)

    def test_no_origin_is_allowed_unless_configured(self) -> None:
        answer = self.send(self.make(), headers={'Origin': ORIGIN})
        self.assertNotIn('Access-Control-Allow-Origin', answer.headers)

    def test_configured_origin(self) -> None:
        application = self.make({'cors': {'allowed_origin': ORIGIN}})
        answer = self.send(application, headers={'Origin': ORIGIN})
        self.assertEqual('reached', answer.text)
        self.assertEqual(
            ORIGIN, answer.headers['Access-Control-Allow-Origin'])
        self.assertIn('X-OpenStack-Nova-API-Version',
                      answer.headers['Access-Control-Expose-Headers'])

    def test_another_origin(self) -> None:
        application = self.make({'cors': {'allowed_origin': ORIGIN}})
        answer = self.send(
            application, headers={'Origin': 'https://elsewhere.example'})
        self.assertNotIn('Access-Control-Allow-Origin', answer.headers)


class PreflightTest(helpers.TestCase):

    def test_preflight_needs_no_token(self) -> None:
        service = self.useFixture(fixtures.Service(
            options={'cors': {'allowed_origin': ORIGIN}}))
        answer = service.request(
            '/v2.1/images', 'OPTIONS', user=None, headers=PREFLIGHT)
        self.assertEqual(200, answer.status_int)
        self.assertEqual(
            ORIGIN, answer.headers['Access-Control-Allow-Origin'])
        self.assertEqual(
            'PUT', answer.headers['Access-Control-Allow-Methods'])
        self.assertEqual(
            'X-Auth-Token', answer.headers['Access-Control-Allow-Headers'])

    def test_options_are_answered_without_any_origin(self) -> None:
        service = self.useFixture(fixtures.Service())
        for path in ('/v2.1/images', '/v2.1/images/7/metadata/k', '/images'):
            with self.case(path):
                answer = service.request(path, 'OPTIONS', user=None)
                self.assertEqual((200, b''), (answer.status_int, answer.body))
                self.assertNotIn('Access-Control-Allow-Origin', answer.headers)

    def test_refusals_can_be_read_by_browsers(self) -> None:
        service = self.useFixture(fixtures.Service(
            options={'cors': {'allowed_origin': ORIGIN}}))
        for path, user in (('/v2.1/images', None), ('/v2.1/x', 'member')):
            with self.case(path):
                answer = service.request(
                    path, user=user, headers={'Origin': ORIGIN})
                self.assertIn(answer.status_int, (401, 404))
                self.assertEqual(
                    ORIGIN, answer.headers['Access-Control-Allow-Origin'])
