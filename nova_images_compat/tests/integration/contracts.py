# SPDX-License-Identifier: Apache-2.0

"""Replays the contract on a server."""

from collections.abc import Mapping
from typing import Any

import requests
import testscenarios
import webob

from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import counts

Step = Mapping[str, Any]


class ContractTestCase(
        testscenarios.WithScenarios, base.IntegrationTestCase):
    """A test a scenario.

    :cvar whose: "filter" or "service"
    :cvar headers: go with each request, unless its step has others
    :ivar answer: the last one
    """

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]

    whose: str
    headers: Mapping[str, str | None] = {}

    def assertContract(self, url: str) -> None:
        """Play the scenario on a server."""
        self.url = url
        self.names = self.set_scene(self.scenario, url)
        self.tally = counts.Tally(self.whose, scenarios=1)
        wrong = replay.play_all(self.scenario, self.play)
        self.tally.wrong = len(wrong)
        counts.add(self.stack, self.tally)
        self.assertEqual({}, wrong)
        self.assertEqual(len(self.scenario['steps']), self.tally.steps)

    def play(self, step: Step) -> list[str]:
        """Send a step's request, and return what is wrong with the answer."""
        self.tally.steps += 1
        wrong = self.play_on(self.url, step)
        if wrong and 'badRequest' in step['expect'].get('json', {}):
            return self.compare_texts(step, wrong)
        return wrong

    def compare_texts(self, step: Step, wrong: list[str]) -> list[str]:
        """Hold a 400 against that of the stack's own Nova.

        Versions of jsonschema word their complaints differently. The recorded
        ones are those of the newest; the right ones are those that a release's
        Nova has with its own.

        :param wrong: what is wrong with the answer by the record
        """
        ours = self.answer
        self.play_on(self.stack.nova_url, step)
        theirs, self.answer = self.answer, ours
        if theirs.status_code != 400:
            return wrong
        expected = {
            **step['expect'], 'fault': 'badRequest', 'json': theirs.json()}
        wrong_here = replay.play(
            {**step, 'expect': expected}, self.names,
            lambda path, **kwargs: to_webob(ours))
        if not wrong_here:
            self.tally.novas['jsonschema texts'] += 1
        return wrong_here

    def play_on(self, url: str, step: Step) -> list[str]:
        """Send a step's request to a server."""

        def send(
            path: str, *, method: str, user: str | None,
            headers: Mapping[str, str], json: Any, body: str | None,
        ) -> webob.Response:
            self.answer = self.request(
                url, method, path, user, {**self.headers, **headers}, json,
                body)
            return to_webob(self.answer)

        return replay.play(step, self.names, send)


def to_webob(answer: requests.Response) -> webob.Response:
    return webob.Response(
        status=answer.status_code, body=answer.content,
        headerlist=list(answer.headers.items()))
