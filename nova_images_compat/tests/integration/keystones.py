# SPDX-License-Identifier: Apache-2.0

"""Services that reach Keystone and Glance through proxies."""

import dataclasses
import os
import tempfile
from typing import Any

from keystoneauth1 import session
import requests

from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import keystone
from nova_images_compat.tests.integration.stack import memcached
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

TIMEOUT = 1

UNAUTHORIZED = {
    'code': 401, 'title': 'Unauthorized',
    'message': 'The request you have made requires authentication.'}


class KeystoneTestCase(servers.ServersTestCase):
    """Each test has an image.

    :cvar admin: a session of the admin
    :cvar keystone_proxy: the proxy before Keystone
    :cvar glance_proxy: the proxy before Glance
    :cvar uncached: a service that validates every token with Keystone
    :cvar hasty: a Keystone whose tokens expire soon
    :cvar region: the region in which the proxy is Keystone's endpoint
    """

    admin: session.Session
    keystone_proxy: proxy.Proxy
    glance_proxy: proxy.Proxy
    uncached: service.Service
    hasty: uwsgi.Server
    region: str

    @classmethod
    def start_servers(cls) -> None:
        cls.keystone_proxy = cls.start(proxy.Proxy(cls.stack.identity_url))
        cls.glance_proxy = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.admin = identity.connect(cls.stack, 'admin')
        cls.region = cls.start(identity.Region(
            cls.stack, f'{cls.__name__}-{os.getpid()}', 'identity',
            'internal', f'{cls.keystone_proxy.url}/v3')).name
        cls.uncached = cls.new_service('uncached', cls.options())

    @classmethod
    def options(cls, **keystone_authtoken: Any) -> dict[str, Any]:
        return {
            'keystone_authtoken': {
                'auth_url': f'{cls.keystone_proxy.url}/v3',
                'region_name': cls.region, 'token_cache_time': -1,
                'http_connect_timeout': TIMEOUT,
                'http_request_max_retries': 0, **keystone_authtoken},
            'glance': {'endpoint_override': cls.glance_proxy.url}}

    @classmethod
    def new_memcached(cls) -> str:
        """Start one more memcached, and return its address."""
        stack = dataclasses.replace(cls.stack)
        cls.start(memcached.Memcached(cls.account, stack))
        return stack.memcached

    @classmethod
    def new_hasty_keystone(cls, seconds: int) -> uwsgi.Server:
        """Return a Keystone whose tokens expire soon.

        :param seconds: how long a token is valid
        """
        config = configuration.write(
            os.path.join(
                tempfile.mkdtemp(dir=cls.stack.directory), 'hasty.conf'),
            {'token': {'expiration': seconds}})
        return keystone.server(
            cls.account, cls.stack, f'{cls.__name__}-keystone',
            [keystone.config_path(cls.stack), config])

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance_proxy.heal)
        self.addCleanup(self.keystone_proxy.heal)
        [self.image_id] = self.create_apart(1, old='1')
        self.path = f'/v2.1/images/{self.image_id}'
        self.keystone_proxy.forget()
        self.glance_proxy.forget()

    def issue(self, user: str = 'member', **scope: Any) -> str:
        """Return a new token."""
        return self._issue(self.stack.identity_url, user, scope)

    def issue_hasty(self) -> str:
        """Return a new token that expires soon."""
        return self._issue(self.hasty.url, 'member', {})

    def send(
        self, url: str, token: str | None, method: str = 'GET',
        path: str = '', **kwargs: Any,
    ) -> requests.Response:
        """Send a request for the image.

        :param path: the path below that of the image
        """
        headers = {**kwargs.pop('headers', {})}
        if token is not None:
            headers['X-Auth-Token'] = token
        return self.request(
            url, method, self.path + path, user=None, headers=headers,
            **kwargs)

    def send_all(
        self, url: str, token: str | None, **kwargs: Any,
    ) -> list[requests.Response]:
        """Send different requests for the image at the same time."""
        kinds: tuple[dict[str, Any], ...] = (
            {'path': ''}, {'path': '/metadata'},
            {'method': 'POST', 'path': '/metadata',
             'json': {'metadata': {'new': '2'}}},
            {'method': 'DELETE', 'path': '/metadata/old'},
            {'method': 'DELETE'})
        return servers.in_parallel(
            lambda kind: self.send(url, token, **kind, **kwargs), kinds)

    def assertUnauthorized(self, response: requests.Response) -> None:
        """Check that it is the 401 response of the contract."""
        self.assertEqual(401, response.status_code, response.text)
        self.assertEqual({'error': UNAUTHORIZED}, response.json())

    def assertUnchanged(self) -> None:
        image = self.glance.show(self.image_id)
        self.assertEqual('1', image['old'])
        self.assertNotIn('new', image)

    def _issue(self, url: str, name: str, scope: dict[str, Any]) -> str:
        user = self.stack.users[name]
        response = requests.post(
            f'{url}/v3/auth/tokens', timeout=servers.TIMEOUT,
            json={'auth': {
                'scope': scope or {'project': {'id': user.project_id}},
                'identity': {'methods': ['password'], 'password': {'user': {
                    'id': user.id, 'password': user.password}}}}})
        response.raise_for_status()
        return response.headers['X-Subject-Token']


def service_user(stack: description.Description) -> dict[str, Any]:
    """Return the options of ``[service_user]`` that enable it."""
    return {
        **stack.keystone_user(description.OUR_USER),
        'send_service_user_token': True}
