# SPDX-License-Identifier: Apache-2.0

"""What the integration tests have in common."""

from collections.abc import Mapping
import functools
from typing import Any

import requests

from nova_images_compat.tests import base
from nova_images_compat.tests.integration import images
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import registry

TIMEOUT = 60


@functools.cache
def _load() -> description.Description:
    return description.load()


@functools.cache
def _token(user: str) -> str:
    return identity.connect(_load(), user).get_token()


class IntegrationTestCase(base.TestCase):
    """A test on the stack that runs.

    :ivar stack: its description
    :ivar account: on which a test starts further servers
    :ivar glance: Glance's images
    """

    def setUp(self) -> None:
        super().setUp()
        self.stack = _load()
        self.account = registry.Registry(self.stack.processes)
        self.glance = images.Images(self.stack, self.token)

    def token(self, user: str) -> str:
        """Return a token of a user of the stack, the same every time."""
        return _token(user)

    def set_scene(
        self, scenario: Mapping[str, Any], compute_url: str,
    ) -> dict[str, str]:
        """Put the images of a scenario of the contract in the place of all
        others, and return values for its placeholders.

        :param compute_url: the root of the server that is to answer
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
        headers: Mapping[str, str] | None = None, json: Any = None,
        body: bytes | str | None = None, timeout: float = TIMEOUT,
    ) -> requests.Response:
        """Send a request, and follow no redirect.

        :param base_url: the server's root
        :param path: "{project}" stands for the project of "member",
            "{other_project}" for that of "other"
        :param user: whose token goes with it; None: no token; "bad": one
            that nobody issued
        :param json: is sent as a JSON body
        :param body: is sent as it is, as JSON unless the headers say else
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
        return requests.request(
            method, base_url + path, headers={**sent, **(headers or {})},
            json=json, data=body, timeout=timeout, allow_redirects=False)
