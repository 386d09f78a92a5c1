# SPDX-License-Identifier: Apache-2.0

"""Base classes of the integration tests."""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import functools
import json as json_format
import os
import pathlib
import subprocess
from typing import Any
import unittest

import requests
import testscenarios
from testtools import content

from nova_images_compat.tests import base
from nova_images_compat.tests.integration import images
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import registry

# Seconds.
TIMEOUT = 60
SCRIPT_TIMEOUT = 120

# Characters of a body that a failing test shows.
SHOWN = 500


@functools.cache
def _load() -> description.Description:
    return description.load()


@functools.cache
def _token(user: str) -> str:
    return identity.get_token(_load(), user)


def describe(exchange: requests.Response | str) -> str:
    """Return a request and its response as text, without the token.

    :param exchange: the response; or, if there is none, the text of the
        request
    """
    if isinstance(exchange, str):
        return f'Sent: {exchange}\nReceived: nothing'
    sent = exchange.request
    return (
        f'Sent: {sent.method} {sent.url} {_shorten(sent.body)}\n'
        f'Received: {exchange.status_code} {_shorten(exchange.content)}')


def _shorten(body: Any) -> str:
    text = body.decode(errors='replace') if isinstance(body, bytes) else body
    return str(text or '')[:SHOWN]


class WithScenarios(testscenarios.WithScenarios):
    """Runs each test of a class once for each of its scenarios."""

    # testscenarios and testtools declare different types.
    def run(self, result: Any = None) -> Any:
        return super().run(result)


class IntegrationTestCase(base.TestCase):
    """A test on the running stack. It deletes all images at its end.

    A failing test shows its last request, and a failing case its own.

    :ivar stack: the description of the stack
    :ivar account: the registry of the servers that a test starts
    :ivar glance: Glance's images
    """

    stack: description.Description
    account: registry.Registry
    glance: images.Images
    _last: requests.Response | str | None = None

    def setUp(self) -> None:
        super().setUp()
        self.addOnException(self._show_last_request)
        self.stack = _load()
        self.account = registry.Registry(self.stack.processes)
        self.glance = images.Images(self.stack, self.token)
        self.addCleanup(self.glance.delete_all)

    def token(self, user: str) -> str:
        """Return a token of a user of the stack, always the same one."""
        return _token(user)

    @contextlib.contextmanager
    def case(self, *name: object) -> Iterator[None]:
        """Name a case as the base class does, and show its request.

        :param name: what distinguishes the case. If it contains a response,
            or an object with the attribute ``response``, that response and
            its request are shown; otherwise, the last ones of the test.
        """
        shown: list[requests.Response | str | None] = [
            found for part in name
            if isinstance(found := getattr(part, 'response', part),
                          requests.Response)]
        with super().case(*(
                f'{part.request.method} {part.request.path_url}'
                if isinstance(part, requests.Response) else part
                for part in name)):
            try:
                yield
            except unittest.SkipTest:
                raise
            except Exception as error:
                for exchange in shown or [self._last]:
                    if exchange is not None:
                        error.add_note(describe(exchange))
                raise

    def _show_last_request(self, exc_info: Any) -> None:
        if self._last is not None and exc_info[0] is not unittest.SkipTest:
            self.addDetailUniqueName(
                'Last request', content.text_content(describe(self._last)))

    def set_scene(
        self, scenario: Mapping[str, Any], compute_url: str,
    ) -> dict[str, str]:
        """Replace all images by those of a scenario of the contract.

        :param compute_url: the root URL of the server to test
        :returns: values for the placeholders of the scenario
        """
        self.glance.delete_all()
        users = self.stack.users
        return {
            'project': users['member'].project_id,
            'other_project': users['other'].project_id,
            'compute': compute_url,
            'glance': self.stack.image_url,
            **self.glance.create_all(scenario['images']),
        }

    def request(
        self, base_url: str, method: str, path: str,
        user: str | None = 'member',
        headers: Mapping[str, str | None] | None = None, json: Any = None,
        body: bytes | str | None = None, timeout: float = TIMEOUT,
    ) -> requests.Response:
        """Send a request. Redirects are not followed.

        :param base_url: the root URL of the server
        :param path: "{project}" stands for the project of "member",
            "{other_project}" for that of "other"
        :param user: the user whose token is sent; None: no token; "bad": an
            unknown token
        :param json: the body, as a JSON document
        :param body: the body, sent as it is; its default type is JSON
        :param timeout: seconds to wait for the response
        :raises: requests.RequestException: there is no response
        """
        sent = {}
        if user is not None:
            sent['X-Auth-Token'] = (
                'nobody-issued-this' if user == 'bad' else self.token(user))
        if body is not None:
            sent['Content-Type'] = 'application/json'
        path = path.replace(
            '{project}', self.stack.users['member'].project_id).replace(
            '{other_project}', self.stack.users['other'].project_id)
        shown = _shorten(json_format.dumps(json) if json else body)
        self._last = f'{method} {base_url}{path} {shown}'
        self._last = response = requests.request(
            method, base_url + path, headers={**sent, **(headers or {})},
            json=json, data=body, timeout=timeout, allow_redirects=False)
        return response

    def run_script(
        self, python: str, script: pathlib.Path, given: Any,
        environment: Mapping[str, str] | None = None,
    ) -> Any:
        """Run a script that reads and writes JSON.

        :param python: the path of the interpreter
        :param given: what the script reads from its standard input
        :param environment: variables in addition to PATH
        :returns: what the script writes to its standard output
        """
        log = os.path.join(self.stack.logs, f'{script.name}.log')
        with open(log, 'ab') as errors:
            ran = subprocess.run(
                [python, script], input=json_format.dumps(given),
                stdout=subprocess.PIPE, stderr=errors, text=True,
                timeout=SCRIPT_TIMEOUT,
                env={'PATH': os.environ['PATH'], **(environment or {})})
        self.assertEqual(0, ran.returncode, log)
        return json_format.loads(ran.stdout)
