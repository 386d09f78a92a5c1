# SPDX-License-Identifier: Apache-2.0

"""Tests of requests that leave the service."""

from typing import Any

from requests_mock.contrib import fixture as requests_fixture

from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests import urllib3_mock


class TestCase(helpers.TestCase):
    """A test in which requests_mock answers all requests."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(urllib3_mock.Urllib3Mock())
        self.mocker = self.useFixture(
            requests_fixture.Fixture(case_sensitive=True))

    @property
    def sent(self) -> Any:
        """The last request."""
        return self.mocker.last_request
