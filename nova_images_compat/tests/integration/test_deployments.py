# SPDX-License-Identifier: Apache-2.0

"""Policies and nova.conf files of real deployments."""

import os
import pathlib
import shutil
import tempfile
from typing import Any

import requests

from nova_images_compat import tests
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import redis
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

DEPLOYMENTS = pathlib.Path(tests.__file__).parent / 'deployments'
SIZE = 'OS-EXT-IMG-SIZE:size'


class PolicyTestCase(servers.ServersTestCase):
    """A nova-api with the filter, and with a policy file.

    :cvar policy: the name of the file
    :cvar nova_server: that nova-api
    """

    policy: str
    nova_server: uwsgi.Server

    @classmethod
    def start_servers(cls) -> None:
        config = nova.add_filter(cls.stack, None)
        shutil.copy(
            DEPLOYMENTS / cls.policy, os.path.join(config, 'policy.yaml'))
        cls.nova_server = cls.start(
            nova.server(cls.account, cls.stack, cls.__name__, config))

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.create(data='12345')

    def ask(
        self, user: str, method: str = 'GET', below: str = '', **kwargs: Any,
    ) -> requests.Response:
        """Send a request for the image.

        :param below: the path below that of the image
        """
        return self.request(
            self.nova_server.url, method,
            f'/v2.1/images/{self.image_id}{below}', user, **kwargs)

    def assertOthersWork(self) -> None:
        """Check that other resources of Nova work."""
        for path in ('/flavors', '/servers', '/limits'):
            with self.case(path):
                answer = self.request(
                    self.nova_server.url, 'GET', f'/v2.1{path}')
                self.assertEqual(200, answer.status_code, path)


class PolicyOfOthersTest(PolicyTestCase):

    policy = 'policy.yaml'

    def test_images_are_as_by_default(self) -> None:
        self.assertOthersWork()
        for user in ('member', 'reader', 'editor', 'frozen'):
            with self.case(user):
                answer = self.ask(user)
                self.assertEqual(200, answer.status_code, user)
                self.assertIn(SIZE, answer.json()['image'], user)
        self.assertEqual(204, self.ask('member', 'DELETE').status_code)


class PolicyOfOursTest(PolicyTestCase):

    policy = 'policy-ours.yaml'

    def test_answers_that_the_rules_promise(self) -> None:
        self.assertOthersWork()
        for user, shown in (
                ('admin', True), ('member', False), ('reader', False)):
            with self.case('GET', user):
                answer = self.ask(user)
                self.assertEqual(200, answer.status_code, user)
                self.assertEqual(shown, SIZE in answer.json()['image'], user)
        for user, status in (
                ('member', 403), ('admin', 403), ('frozen', 403),
                ('editor', 200)):
            with self.case('PUT', user):
                answer = self.ask(user, 'PUT', '/metadata', json={
                    'metadata': {'by': user}})
                self.assertEqual(status, answer.status_code, user)
        for user, status in (('reader', 403), ('member', 204)):
            with self.case('DELETE', user):
                self.assertEqual(
                    status, self.ask(user, 'DELETE').status_code, user)
        self.assertOthersWork()


class KollaTest(operations.OperationsTestCase):
    """The nova.conf of a deployment tool, unchanged.

    :cvar state: the directory of all files that the services write
    :cvar config: the directory of the configuration
    :cvar conf: the path of nova.conf
    """

    redis_server: redis.Redis
    state: str
    config: str
    conf: str
    nova_server: uwsgi.Server
    api: uwsgi.Server

    @classmethod
    def start_servers(cls) -> None:
        cls.redis_server = cls.start(cls.new_redis())
        cls.state = tempfile.mkdtemp(prefix='kolla-', dir=cls.stack.directory)
        for name in ('log', 'state/kolla', 'locks', 'etc'):
            os.makedirs(os.path.join(cls.state, name))
        cls.config = os.path.join(cls.state, 'etc', 'nova-kolla')
        shutil.copytree(nova.add_filter(cls.stack, None), cls.config)
        cls.conf = os.path.join(cls.config, 'nova.conf')
        with open(cls.conf, 'w') as file:
            file.write(cls.filled_in())
        cls.nova_server = nova.server(
            cls.account, cls.stack, 'kolla-nova', cls.config)
        cls.api = service.server(
            cls.account, cls.stack, 'kolla-service', cls.conf)
        cls.start_all(cls.nova_server, cls.api)

    @classmethod
    def filled_in(cls) -> str:
        """Return the file with the addresses and user of the stack."""
        text = (DEPLOYMENTS / 'kolla-nova.conf').read_text()
        user = cls.stack.users['nova']
        for name, value in (
                ('@STATE@', cls.state),
                ('http://127.0.0.1:19292', cls.stack.image_url),
                ('http://127.0.0.1:15000', cls.stack.identity_url),
                ('127.0.0.1:11211', cls.stack.memcached),
                ('redis://127.0.0.1:6379', cls.redis_server.url),
                ('mysql+pymysql://lab:lab@127.0.0.1/nova_api?charset=utf8',
                 cls.stack.database_url('nova_api')),
                ('mysql+pymysql://lab:lab@127.0.0.1/nova?charset=utf8',
                 cls.stack.database_url('nova_cell1')),
                ('username = svc', f'username = {user.name}'),
                ('password = svc', f'password = {user.password}')):
            assert name in text, name
            text = text.replace(name, value)
        return text

    def test_filter(self) -> None:
        self.assertEqual(200, self.request(
            self.nova_server.url, 'GET', '/v2.1/flavors').status_code)
        self.assertEveryOperationWorks(self.nova_server.url)

    def test_service(self) -> None:
        self.assertEveryOperationWorks(self.api.url)

    def test_nothing_is_wrong_in_the_log(self) -> None:
        with open(os.path.join(self.state, 'log', 'nova-kolla.log')) as log:
            lines = [line for line in log if 'nova_images_compat' in line]
        self.assertEqual([], [
            line for line in lines if 'CRITICAL' in line or 'ERROR' in line])
