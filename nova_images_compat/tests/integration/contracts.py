# SPDX-License-Identifier: Apache-2.0

"""Replays the contract on a server."""

from collections.abc import Iterator
from collections.abc import Mapping
import json
from typing import Any

import requests
import webob

from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import counts

Step = Mapping[str, Any]

# jsonschema before 4.21, which these releases have, words errors differently:
# the texts of the contract, and the old ones.
WITH_OLD_TEXTS = ('2024.1',)
OLD_TEXTS = {"'' should be non-empty": "'' is too short"}


class ContractTestCase(base.WithScenarios, base.IntegrationTestCase):
    """Runs a test for each scenario of the contract.

    :cvar whose: what is tested: "filter" or "service"
    :cvar headers: headers of each request, unless its step has others
    :ivar response: the last response
    """

    scenarios = [
        (scenario['name'], {'scenario': scenario})
        for scenario in replay.scenarios()]

    scenario: Mapping[str, Any]
    whose: str
    headers: Mapping[str, str | None] = {}
    response: requests.Response

    def assertContract(self, url: str) -> None:
        """Play the scenario on a server.

        :param url: the root URL of the server
        """
        self.url = url
        self.names = self.set_scene(self.scenario, url)
        self.tally = counts.Tally(self.whose, scenarios=1)
        wrong = replay.play_all(self.scenario, self.play)
        self.tally.wrong = len(wrong)
        counts.add(self.stack, self.tally)
        self.assertEqual({}, wrong)
        self.assertEqual(len(self.scenario['steps']), self.tally.steps)

    def play(self, step: Step) -> list[str]:
        """Send the request of a step.

        :returns: what is wrong with the response; nothing if the contract or
            the stack's own Nova words the error like this
        """
        self.tally.steps += 1
        wrong = self.play_on(self.url, step)
        if not wrong:
            return []
        ours = self.response
        if 'badRequest' in step['expect'].get('json', {}):
            for expected in self.find_other_texts(step):
                if self.is_expected(ours, step, expected):
                    self.tally.novas['jsonschema texts'] += 1
                    return []
                wrong.append(f'nor as that Nova says: {expected["json"]}')
        return [*wrong, base.describe(ours)]

    def find_other_texts(self, step: Step) -> Iterator[Mapping[str, Any]]:
        """Yield what to expect of a step that has a 400 response.

        Versions of jsonschema word errors differently. The contract has the
        words of the newest version; a release's Nova has those of its own.
        """
        if self.stack.release in WITH_OLD_TEXTS:
            yield with_old_texts(step['expect'])
        self.play_on(self.stack.nova_url, step)
        if self.response.status_code == 400:
            yield {**step['expect'], 'fault': 'badRequest',
                   'json': self.response.json()}

    def is_expected(
        self, response: requests.Response, step: Step,
        expected: Mapping[str, Any],
    ) -> bool:
        """Return whether a response to a step is what is expected instead."""
        return not replay.play(
            {**step, 'expect': expected}, self.names,
            lambda path, **kwargs: to_webob(response))

    def play_on(self, url: str, step: Step) -> list[str]:
        """Send the request of a step to a server.

        :param url: the root URL of the server
        :returns: what is wrong with the response
        """
        def send(
            path: str, *, method: str, user: str | None,
            headers: Mapping[str, str], **sent: Any,
        ) -> webob.Response:
            self.response = self.request(
                url, method, path, user, {**self.headers, **headers}, **sent)
            return to_webob(self.response)

        return replay.play(step, self.names, send)


def with_old_texts(expected: Mapping[str, Any]) -> Any:
    """Return an expectation with the texts of jsonschema before 4.21."""
    text = json.dumps(expected)
    for new, old in OLD_TEXTS.items():
        text = text.replace(new, old)
    return json.loads(text)


def to_webob(response: requests.Response) -> webob.Response:
    """Return a response in the type that the contract is checked with."""
    return webob.Response(
        status=response.status_code, body=response.content,
        headerlist=list(response.headers.items()))
