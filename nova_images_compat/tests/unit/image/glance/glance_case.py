# SPDX-License-Identifier: Apache-2.0

"""What the tests of the Glance store have in common."""

from collections.abc import Callable
from typing import Any

import fixtures
from keystoneauth1 import access
from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1.identity import access as access_plugin
import orjson
from oslo_config import cfg

from nova_images_compat import context as request_context
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import bodies
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import endpoints
from nova_images_compat.image.glance import schema
from nova_images_compat.image.glance import store
from nova_images_compat.image.glance import transport
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit import requests_case

ROOT = 'http://image.example'
OTHER_ROOT = 'http://image2.example'
BOTH = f'{ROOT},{OTHER_ROOT}'
PATH = '/v2/images/an-id'
URL = f'{ROOT}{PATH}'
OTHER_URL = f'{OTHER_ROOT}{PATH}'
TOKEN = own_fixtures.TOKENS['member']
ERROR_PAGE = fake_glance.HTTPError(400, 'Key "a" is <no> good').body
GLOBAL_ID = 'req-01234567-89ab-cdef-0123-456789abcdef'


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
    """A test with a clock of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(
            format='%(levelname)s %(name)s %(message)s'))
        self.clock = Clock()
        for module in (
                bodies, glance_client, endpoints, schema, store, transport):
            self.useFixture(
                fixtures.MockPatchObject(module, 'time', self.clock))

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


class MockedTestCase(TestCase, requests_case.TestCase):
    """A test in front of an Image service that requests_mock plays."""


class ClientTestCase(MockedTestCase):
    """A test of requests for one image."""

    def call(
        self, made: glance_client.Client | None = None, method: str = 'GET',
        **kwargs: Any,
    ) -> glance_answer.Answer:
        return (made or self.make()).call(caller(), method, PATH, **kwargs)

    def make(self, **glance: Any) -> glance_client.Client:
        return glance_client.Client(self.configure_glance(**glance))

    def hosts(self) -> list[str]:
        """Return the hosts of all requests, in their order."""
        return [sent.hostname for sent in self.mocker.request_history]


class StoreTestCase(TestCase):
    """A test of a store, in front of an Image service for tests."""

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(fake_glance.FakeGlance())
        self.store = self.make()
        self.caller = caller()

    def make(self, groups: Any = None, **glance: Any) -> store.GlanceStore:
        return store.GlanceStore(self.configure_glance(groups, **glance))

    def listed(self, **query: Any) -> list[str]:
        """Return the ids of a list."""
        return [image.id for image in self.store.list(
            self.caller, image_base.ImageQuery(**query))]

    def queries(self) -> list[dict[str, list[str]]]:
        """Return the query strings of all requests of images."""
        return [sent.qs for sent in self.glance.requests]

    def patches(self) -> list[Any]:
        """Return the bodies of all patches."""
        return [orjson.loads(sent.body) for sent in self.glance.requests
                if sent.method == 'PATCH']

    def fail_next(self, *failures: fake_glance.Failure) -> None:
        """Let the next requests of images fail."""
        self.glance.failures = list(failures)

    def writes(self) -> dict[str, Callable[[str], Any]]:
        """Return every change of metadata, by its name."""
        return {
            'add': lambda image_id: self.store.add_metadata(
                self.caller, image_id, {'key': 'new'}, unlimited),
            'replace': lambda image_id: self.store.replace_metadata(
                self.caller, image_id, {'key': 'new'}, unlimited),
            'remove': lambda image_id: self.store.remove_metadata(
                self.caller, image_id, 'key')}

    def calls(self) -> dict[str, Callable[[str], Any]]:
        """Return everything that can be done with an image, by its name."""
        return {
            'get': lambda image_id: self.store.get(self.caller, image_id),
            'delete': lambda image_id: self.store.delete(
                self.caller, image_id),
            **self.writes()}
