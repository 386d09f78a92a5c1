# SPDX-License-Identifier: Apache-2.0

"""Services whose way to Keystone and to Glance goes through proxies."""

import dataclasses
import os
import tempfile
from typing import Any

import requests

from nova_images_compat.tests.integration import proxy
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import keystone
from nova_images_compat.tests.integration.stack import memcached
from nova_images_compat.tests.integration.stack import uwsgi

TIMEOUT = 1

UNAUTHORIZED = {
    'code': 401, 'title': 'Unauthorized',
    'message': 'The request you have made requires authentication.'}


class KeystoneTestCase(servers.ServersTestCase):
    """Tests in which an image has been made.

    :cvar identity: the proxy before Keystone
    :cvar image: the proxy before Glance
    :cvar uncached: a service that asks Keystone of every token
    :cvar hasty: a Keystone whose tokens expire soon
    :cvar region: in which the proxy is Keystone's endpoint
    """

    region: str
    hasty: uwsgi.Server

    @classmethod
    def start_servers(cls) -> None:
        cls.identity = cls.start(proxy.Proxy(cls.stack.identity_url))
        cls.image = cls.start(proxy.Proxy(cls.stack.image_url))
        cls.admin = identity.connect(cls.stack, 'admin')
        cls.region = f'{cls.__name__}-{os.getpid()}'
        cls.make_endpoint()
        cls.uncached = cls.new_service('uncached', cls.options())

    @classmethod
    def make_endpoint(cls) -> None:
        url = cls.stack.auth_url
        cls.admin.post(f'{url}/regions', json={'region': {'id': cls.region}})
        cls.addClassCleanup(cls.admin.delete, f'{url}/regions/{cls.region}')
        services = cls.admin.get(f'{url}/services?type=identity').json()
        endpoint = cls.admin.post(f'{url}/endpoints', json={'endpoint': {
            'service_id': services['services'][0]['id'],
            'interface': 'internal', 'region_id': cls.region,
            'url': f'{cls.identity.url}/v3'}}).json()['endpoint']
        cls.addClassCleanup(
            cls.admin.delete, f'{url}/endpoints/{endpoint["id"]}')

    @classmethod
    def options(cls, **keystone_authtoken: Any) -> dict[str, Any]:
        return {
            'keystone_authtoken': {
                'auth_url': f'{cls.identity.url}/v3',
                'region_name': cls.region, 'token_cache_time': -1,
                'http_connect_timeout': TIMEOUT,
                'http_request_max_retries': 0, **keystone_authtoken},
            'glance': {'endpoint_override': cls.image.url}}

    @classmethod
    def new_memcached(cls) -> str:
        """Return the address of a memcached that nobody else uses."""
        stack = dataclasses.replace(cls.stack)
        cls.start(memcached.Memcached(cls.account, stack))
        return stack.memcached

    @classmethod
    def new_hasty_keystone(cls, seconds: int) -> uwsgi.Server:
        """Return a Keystone whose tokens expire soon."""
        config = configuration.write(
            os.path.join(
                tempfile.mkdtemp(dir=cls.stack.directory), 'hasty.conf'),
            {'token': {'expiration': seconds}})
        return keystone.server(
            cls.account, cls.stack, f'{cls.__name__}-keystone',
            [keystone.config_path(cls.stack), config])

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)
        self.addCleanup(self.image.heal)
        self.addCleanup(self.identity.heal)
        [self.image_id] = self.create_apart(1, old='1')
        self.path = f'/v2.1/images/{self.image_id}'
        self.identity.forget()
        self.image.forget()

    def issue(self, user: str = 'member', **scope: Any) -> str:
        """Return a token that nobody has seen."""
        return self._issue(self.stack.identity_url, user, scope)

    def issue_hasty(self) -> str:
        """Return a token that expires soon."""
        return self._issue(self.hasty.url, 'member', {})

    def send(
        self, url: str, token: str | None, method: str = 'GET',
        path: str = '', **kwargs: Any,
    ) -> requests.Response:
        """Send a request of the image."""
        headers = {**kwargs.pop('headers', {})}
        if token is not None:
            headers['X-Auth-Token'] = token
        return self.request(
            url, method, self.path + path, user=None, headers=headers,
            **kwargs)

    def send_all(
        self, url: str, token: str | None, **kwargs: Any,
    ) -> list[requests.Response]:
        """Send a request of each kind."""
        return servers.in_parallel(
            lambda request: self.send(url, token, **request, **kwargs), (
                {'path': ''}, {'path': '/metadata'},
                {'method': 'POST', 'path': '/metadata',
                 'json': {'metadata': {'new': '2'}}},
                {'method': 'DELETE', 'path': '/metadata/old'},
                {'method': 'DELETE'}))

    def assertUnauthorized(self, response: requests.Response) -> None:
        """Check that it is the refusal of the contract."""
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
    """Return ``[service_user]``, switched on."""
    return {
        **stack.keystone_user(description.OUR_USER),
        'send_service_user_token': True}
