# SPDX-License-Identifier: Apache-2.0

"""Replays the contract on a server."""

from collections.abc import Mapping
import json
from typing import Any

import requests
import testscenarios
import webob

from nova_images_compat.tests.contract import replay
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import counts

Step = Mapping[str, Any]

# The releases whose jsonschema, before 4.21, has other words for what the
# contract was recorded with, and these words.
WITH_OLD_TEXTS = ('2024.1',)
OLD_TEXTS = {"'' should be non-empty": "'' is too short"}


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
        if self.stack.release in WITH_OLD_TEXTS and self.is_right(
                ours, step, with_old_texts(step['expect'])):
            self.tally.novas['jsonschema texts'] += 1
            return []
        self.play_on(self.stack.nova_url, step)
        theirs, self.answer = self.answer, ours
        if theirs.status_code != 400:
            return wrong
        if self.is_right(ours, step, {
                **step['expect'], 'fault': 'badRequest',
                'json': theirs.json()}):
            self.tally.novas['jsonschema texts'] += 1
            return []
        return [*wrong, f'and that Nova says {theirs.text}']

    def is_right(
        self, answer: requests.Response, step: Step,
        expected: Mapping[str, Any],
    ) -> bool:
        """Say whether an answer that a step had is another that is expected.
        """
        return not replay.play(
            {**step, 'expect': expected}, self.names,
            lambda path, **kwargs: to_webob(answer))

    def play_on(self, url: str, step: Step) -> list[str]:
        """Send a step's request to a server."""

        def send(
            path: str, *, method: str, user: str | None,
            headers: Mapping[str, str], **sent: Any,
        ) -> webob.Response:
            self.answer = self.request(
                url, method, path, user, {**self.headers, **headers}, **sent)
            return to_webob(self.answer)

        return replay.play(step, self.names, send)


def with_old_texts(expected: Mapping[str, Any]) -> Any:
    text = json.dumps(expected)
    for new, old in OLD_TEXTS.items():
        text = text.replace(new, old)
    return json.loads(text)


def to_webob(answer: requests.Response) -> webob.Response:
    return webob.Response(
        status=answer.status_code, body=answer.content,
        headerlist=list(answer.headers.items()))
