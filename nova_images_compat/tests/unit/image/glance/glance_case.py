# SPDX-License-Identifier: Apache-2.0

"""What the tests of the Glance store have in common."""

from typing import Any
from unittest import mock

import fixtures
from keystoneauth1 import access
from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1.identity import access as access_plugin
from oslo_config import cfg
import requests
from requests_mock.contrib import fixture as requests_fixture
import urllib3.exceptions

from nova_images_compat import context as request_context
from nova_images_compat.image.glance import client
from nova_images_compat.image.glance import endpoints
from nova_images_compat.image.glance import schema
from nova_images_compat.image.glance import store
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

ROOT = 'http://image.example'
OTHER_ROOT = 'http://image2.example'
TOKEN = own_fixtures.TOKENS['member']
GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'

# As requests tells of them.
REFUSED = requests.ConnectionError(urllib3.exceptions.MaxRetryError(
    mock.sentinel.pool, '/', urllib3.exceptions.NewConnectionError(
        mock.MagicMock(), 'refused')))
CUT = requests.ConnectionError(
    urllib3.exceptions.ProtocolError('Connection aborted.'))
CUT_BODY = requests.exceptions.ChunkedEncodingError('IncompleteRead')
TOO_LATE = requests.ReadTimeout('Read timed out.')


class Clock:
    """A clock in the place of the module ``time``, on which nobody waits.

    :ivar sleeps: how long it was slept each time, in seconds
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def caller(**attributes: Any) -> request_context.RequestContext:
    """Return the context of a member's request."""
    return request_context.RequestContext(**{
        'overwrite': False, 'auth_token': TOKEN, 'user_id': 'member',
        'project_id': own_fixtures.PROJECT, 'roles': ['member', 'reader'],
        'global_request_id': GLOBAL_ID, **attributes})


def unlimited(count: int) -> None:
    """Let any number of metadata items pass."""


def catalogue_of(*services: tuple[Any, ...]) -> access_plugin.AccessInfoPlugin:
    """Return a token's catalogue.

    :param services: type, name, and by region the URLs by interface
    """
    token = keystone_fixture.V3Token()
    for type_, name, regions in services:
        service = token.add_service(type_, name)
        for region, urls in regions.items():
            for interface, url in urls.items():
                service.add_endpoint(interface, url, region=region)
    return access_plugin.AccessInfoPlugin(
        access.create(body=token, auth_token='a-token'))


class TestCase(helpers.TestCase):
    """A test in front of an Image service that requests_mock plays."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        self.clock = Clock()
        for module in (client, endpoints, schema, store):
            self.useFixture(
                fixtures.MockPatchObject(module, 'time', self.clock))

    def mock_requests(self) -> requests_fixture.Fixture:
        return self.useFixture(requests_fixture.Fixture(case_sensitive=True))

    def configure_glance(
        self, groups: Any = None, **glance: Any,
    ) -> cfg.ConfigOpts:
        """Return a configuration.

        :param groups: options of other groups
        :param glance: options of ``[glance]``, beside the endpoint
        """
        if 'api_servers' not in glance:
            glance.setdefault('endpoint_override', ROOT)
        return self.configure({**(groups or {}), 'glance': glance})
