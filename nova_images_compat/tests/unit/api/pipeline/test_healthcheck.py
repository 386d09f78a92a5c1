# SPDX-License-Identifier: Apache-2.0

"""Tests of the health check."""

import os

from nova_images_compat.api.pipeline import healthcheck
from nova_images_compat.tests.unit import helpers


class HealthcheckTest(helpers.FilterTestCase):

    factory = staticmethod(healthcheck.factory)

    def test_healthy(self) -> None:
        answer = self.send(self.make(), path='/healthcheck')
        self.assertEqual(200, answer.status_int)
        self.assertEqual([], self.endpoint.seen)

    def test_unhealthy_while_the_file_is_there(self) -> None:
        path = self.write('maintenance', '')
        application = self.make({'healthcheck': {
            'backends': 'disable_by_file', 'disable_by_file_path': path}})
        self.assertEqual(
            503, self.send(application, path='/healthcheck').status_int)
        os.unlink(path)
        self.assertEqual(
            200, self.send(application, path='/healthcheck').status_int)

    def test_every_other_path_is_the_applications(self) -> None:
        application = self.make()
        for path in ('/', '/healthcheck/', '/v2.1/healthcheck',
                     '/healthchecks', '/%FF'):
            with self.subTest(path=path):
                answer = self.send(application, path=path)
                self.assertEqual('reached', answer.text)
