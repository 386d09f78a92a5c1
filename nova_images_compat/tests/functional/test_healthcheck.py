# SPDX-License-Identifier: Apache-2.0

"""The health check of the whole service, with each image store."""

import fixtures as third_party_fixtures
from oslo_db import exception as db_exception

from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

OPTIONS = {'healthcheck': {'backends': 'nova_images_compat_store'}}
UNREACHABLE = (503, 'The image store does not answer')


class HealthcheckTest(base.TestCase):

    def _probe(self, service: fixtures.Service) -> tuple[int, str]:
        answer = service.request('/healthcheck', user=None)
        return answer.status_int, answer.text

    def test_catalogue(self) -> None:
        service = self.make_service(OPTIONS)
        self.assertEqual((200, 'OK'), self._probe(service))

    def test_catalogue_is_unreachable(self) -> None:
        service = self.make_service(OPTIONS)
        self.useFixture(third_party_fixtures.MockPatch(
            'nova_images_compat.db.engine.Database.read',
            side_effect=db_exception.DBConnectionError))
        self.assertEqual(UNREACHABLE, self._probe(service))

    def test_image_service(self) -> None:
        glance = self.useFixture(fake_glance.FakeGlance())
        options = {**OPTIONS, 'api': {'image_store': 'glance'},
                   'glance': {'endpoint_override': fake_glance.ROOT}}
        self.assertEqual(
            (200, 'OK'), self._probe(self.make_service(options)))
        self.assertNotIn('X-Auth-Token', glance.requests[-1].headers)
        glance.failures = [fake_glance.Failure(status=503)]
        self.assertEqual(UNREACHABLE, self._probe(self.make_service(options)))
