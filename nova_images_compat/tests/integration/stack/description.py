# SPDX-License-Identifier: Apache-2.0

"""Describes the running stack for the tests."""

from collections.abc import Mapping
import dataclasses
import json
import os
import secrets
import sysconfig
from typing import Any

from nova_images_compat.tests.integration.stack import venvs

VARIABLE = 'NOVA_IMAGES_COMPAT_STACK'

REGION = 'RegionOne'
SERVICE_PROJECT = 'service'
OUR_USER = 'images'

# The project and the roles of each user. The contract uses the first four
# users, the policies of deployments the next two.
_USERS = {
    'member': ('demo', ('member', 'reader')),
    'reader': ('demo', ('reader',)),
    'other': ('other', ('member', 'reader')),
    'admin': ('admin', ('admin',)),
    'editor': ('demo', ('image-editor', 'member', 'reader')),
    'frozen': ('demo', ('image-editor', 'frozen', 'member', 'reader')),
    'glance': (SERVICE_PROJECT, ('admin', 'service')),
    'nova': (SERVICE_PROJECT, ('admin', 'service')),
    OUR_USER: (SERVICE_PROJECT, ('admin', 'service')),
}
SERVICE_USERS = ('glance', 'nova', OUR_USER)


@dataclasses.dataclass
class User:
    """A user of the default domain, with a role in one project."""

    name: str
    password: str
    project: str
    roles: tuple[str, ...]
    id: str = ''
    project_id: str = ''


@dataclasses.dataclass
class Description:
    """Describes the stack.

    :ivar directory: the directory of configuration, data and pids, which is
        deleted when the stack stops
    :ivar logs: the directory of the logs, which is kept
    :ivar identity_url: the root URL of Keystone, without a version; the other
        URLs are like it
    :ivar service_url: the root URL of our service
    :ivar release: the OpenStack release of Nova
    :ivar scripts: the directory of the programs of our service
    :ivar venvs: the directories of the virtual environments, by name
    :ivar pids: the master processes of the stack, by name
    """

    directory: str
    logs: str
    users: dict[str, User]
    release: str
    scripts: str
    venvs: dict[str, str]
    identity_url: str = ''
    image_url: str = ''
    nova_url: str = ''
    service_url: str = ''
    service_config: str = ''
    glance_config: str = ''
    memcached: str = ''
    mariadb_socket: str = ''
    mariadb_port: int = 0
    mariadb_user: str = ''
    mariadb_password: str = ''
    pids: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def auth_url(self) -> str:
        return f'{self.identity_url}/v3'

    @property
    def processes(self) -> str:
        """The directory of the registry of processes."""
        return os.path.join(self.directory, 'processes')

    def program(self, name: str, script: str) -> str:
        """Return the path of a script in a virtual environment."""
        return os.path.join(self.venvs[name], 'bin', script)

    def database_url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return (
            f'mysql+pymysql://{self.mariadb_user}:{self.mariadb_password}'
            f'@127.0.0.1:{self.mariadb_port}/{name}')

    def keystone_user(self, name: str) -> dict[str, Any]:
        """Return the keystoneauth options of a user."""
        user = self.users[name]
        return {
            'auth_type': 'password',
            'auth_url': self.auth_url,
            'username': user.name,
            'password': user.password,
            'user_domain_id': 'default',
            'project_name': user.project,
            'project_domain_id': 'default',
        }

    def keystone_authtoken(self, name: str) -> dict[str, Any]:
        """Return the options of ``[keystone_authtoken]`` of a service.

        :param name: the user of the service
        """
        return {
            **self.keystone_user(name),
            'www_authenticate_uri': self.auth_url,
            'memcached_servers': self.memcached,
            'region_name': REGION,
            'service_token_roles': 'service',
            'service_token_roles_required': True,
            'http_connect_timeout': 5,
            'http_request_max_retries': 1,
        }

    def write(self, path: str) -> None:
        """Write it to a file that only its owner can read."""
        with open(os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                'w') as file:
            json.dump(dataclasses.asdict(self), file, indent=2)


def new(
    directory: str, logs: str, release: str | None = None,
) -> Description:
    """Return the description of a new stack, with new passwords.

    :param directory: an existing directory
    :param logs: an existing directory for the logs
    :param release: the release of Nova, and of the libraries of our service;
        None: the newest release of Nova, and our own libraries
    """
    nova_release = release or venvs.NEWEST
    paths = {name: venvs.path(name, nova_release) for name in venvs.NAMES}
    return Description(
        directory, logs,
        {name: User(name, secrets.token_hex(16), project, roles)
         for name, (project, roles) in _USERS.items()},
        release=nova_release,
        scripts=(
            os.path.join(paths['nova'], 'bin') if release
            else sysconfig.get_path('scripts')),
        venvs=paths,
        mariadb_user='openstack', mariadb_password=secrets.token_hex(16))


def load(environ: Mapping[str, str] = os.environ) -> Description:
    """Return the description of the running stack.

    :raises: RuntimeError: no stack runs
    """
    path = environ.get(VARIABLE)
    if not path:
        raise RuntimeError(
            f'{VARIABLE} is not set: run the integration tests with '
            '"tox -e integration", or with the variables that "tox -e '
            'integration -- --keep" prints')
    with open(path) as file:
        attributes = json.load(file)
    attributes['users'] = {
        name: User(**{**user, 'roles': tuple(user['roles'])})
        for name, user in attributes['users'].items()}
    return Description(**attributes)
