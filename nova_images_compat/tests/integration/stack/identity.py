# SPDX-License-Identifier: Apache-2.0

"""Creates the users and services of the stack in Keystone."""

from typing import Any

import fixtures
from keystoneauth1 import adapter
from keystoneauth1 import loading
from keystoneauth1 import session

from nova_images_compat.tests.integration.stack import description

INTERFACES = ('public', 'internal', 'admin')

# The service type of the real Nova.
NOVA_TYPE = 'compute-nova'


def connect(stack: description.Description, user: str) -> session.Session:
    """Return a session of a user."""
    options = stack.keystone_user(user)
    loader: loading.BaseLoader[Any] = loading.get_plugin_loader(
        options.pop('auth_type'))
    return session.Session(loader.load_from_options(**options))


def get_token(stack: description.Description, user: str) -> str:
    """Return a new token of a user."""
    token = connect(stack, user).get_token()
    assert token
    return token


class Region(fixtures.Fixture):
    """A region with one more endpoint of a service.

    :param stack: the stack that it belongs to
    :param name: a unique name
    :param service: the type of the service
    :param interface: the interface of the endpoint
    :param url: the URL of the endpoint
    """

    def __init__(
        self, stack: description.Description, name: str, service: str,
        interface: str, url: str,
    ) -> None:
        self.stack = stack
        self.name = name
        self.service = service
        self.interface = interface
        self.url = url

    def _setUp(self) -> None:
        admin = connect(self.stack, 'admin')
        root = self.stack.auth_url
        admin.post(f'{root}/regions', json={'region': {'id': self.name}})
        self.addCleanup(admin.delete, f'{root}/regions/{self.name}')
        services = admin.get(f'{root}/services?type={self.service}').json()
        endpoint = admin.post(f'{root}/endpoints', json={'endpoint': {
            'service_id': services['services'][0]['id'],
            'interface': self.interface, 'region_id': self.name,
            'url': self.url}}).json()['endpoint']
        self.addCleanup(admin.delete, f'{root}/endpoints/{endpoint["id"]}')


class Identity:
    """Keystone's API, used by its admin.

    :param stack: describes the stack, whose Keystone runs; gets the ids
    """

    def __init__(self, stack: description.Description) -> None:
        self.stack = stack
        self._api = adapter.Adapter(
            connect(stack, 'admin'), endpoint_override=stack.auth_url)

    def set_up(self) -> None:
        """Create all users and endpoints of the description."""
        roles = {
            role['name']: role['id']
            for role in self._api.get('/roles').json()['roles']}
        projects = {
            project['name']: project['id']
            for project in self._api.get('/projects').json()['projects']}
        for user in self.stack.users.values():
            if user.project not in projects:
                projects[user.project] = self._create(
                    'project', name=user.project, domain_id='default')
            user.project_id = projects[user.project]
            user.id = self._make_user(user)
            for role in user.roles:
                if role not in roles:
                    roles[role] = self._create('role', name=role)
                self._api.put(
                    f'/projects/{user.project_id}/users/{user.id}'
                    f'/roles/{roles[role]}')
        for service, url in (
                ('image', self.stack.image_url),
                ('compute', f'{self.stack.service_url}/v2.1'),
                (NOVA_TYPE, f'{self.stack.nova_url}/v2.1')):
            self._make_endpoints(service, url)

    def _make_user(self, user: description.User) -> str:
        found = self._api.get(
            '/users', params={'name': user.name}).json()['users']
        if found:
            return found[0]['id']
        return self._create(
            'user', name=user.name, password=user.password,
            domain_id='default', default_project_id=user.project_id)

    def _make_endpoints(self, service: str, url: str) -> None:
        service_id = self._create('service', name=service, type=service)
        for interface in INTERFACES:
            self._create(
                'endpoint', service_id=service_id, interface=interface,
                url=url, region_id=description.REGION)

    def _create(self, kind: str, **attributes: Any) -> str:
        answer = self._api.post(f'/{kind}s', json={kind: attributes})
        return answer.json()[kind]['id']
