# SPDX-License-Identifier: Apache-2.0

"""The whole contract, over the real Glance and Keystone."""

from collections.abc import Mapping
from typing import Any

import testscenarios
import webob

from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration import base


class ContractTest(
        testscenarios.WithScenarios, base.IntegrationTestCase):

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]

    def test_scenario(self) -> None:
        names = self.set_scene(self.scenario, self.stack.service_url)
        self.assertEqual({}, replay.play_all(
            self.scenario,
            lambda step: replay.play(step, names, self._send)))

    def _send(
        self, path: str, *, method: str, user: str | None,
        headers: Mapping[str, str], json: Any, body: str | None,
    ) -> webob.Response:
        answer = self.request(
            self.stack.service_url, method, path, user, headers, json, body)
        return webob.Response(
            status=answer.status_code, body=answer.content,
            headerlist=list(answer.headers.items()))
