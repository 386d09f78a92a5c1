# SPDX-License-Identifier: Apache-2.0

"""Base class of tests with additional servers."""

from collections.abc import Callable
from collections.abc import Iterable
from concurrent import futures
import dataclasses
import os
import shutil
import tempfile
import time
from typing import Any
from typing import TypeVar
import uuid

import fixtures
import requests

from nova_images_compat.image.glance import locks
from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import glance
from nova_images_compat.tests.integration.stack import redis
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

F = TypeVar('F', bound=fixtures.Fixture)
T = TypeVar('T')
R = TypeVar('R')

# The threads of one service.
THREADS = uwsgi.PROCESSES * uwsgi.THREADS
POLL_SECONDS = 0.1
TIMEOUT = 30


class ServersTestCase(base.IntegrationTestCase):
    """Tests of a class that share additional servers."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = description.load()
        cls.account = registry.Registry(cls.stack.processes)
        cls.start_servers()

    @classmethod
    def start_servers(cls) -> None:
        """Start the servers that the tests of the class need."""

    @classmethod
    def start(cls, fixture: F) -> F:
        """Set up a fixture, and clean it up after the tests of the class."""
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    @classmethod
    def start_all(cls, *servers: F) -> None:
        """Set up several fixtures at the same time."""
        in_parallel(cls.start, servers)

    @classmethod
    def new_service(
        cls, name: str, options: configuration.Options,
    ) -> service.Service:
        """Return one more service.

        :param name: a name that is unique in the class
        :param options: replace the default ones, by group and name
        """
        return service.Service(
            cls.account, cls.stack, f'{cls.__name__}-{name}', options)

    @classmethod
    def new_glance(
        cls, name: str, has_schema: bool = True, **options: Any,
    ) -> uwsgi.Server:
        """Return one more server of the stack's Glance.

        :param name: a name that is unique in the class
        :param has_schema: whether it has the schema of properties
        :param options: options of the group DEFAULT that replace the stack's
        """
        directory = os.path.join(
            tempfile.mkdtemp(prefix='glance-', dir=cls.stack.directory),
            'config')
        shutil.copytree(cls.stack.glance_config, directory)
        if not has_schema:
            os.unlink(os.path.join(directory, glance.SCHEMA_FILE))
        with open(os.path.join(directory, 'glance-api.conf'), 'a') as file:
            file.write('[DEFAULT]\n')
            for option, value in options.items():
                file.write(f'{option} = {value}\n')
        return glance.server(
            cls.account,
            dataclasses.replace(cls.stack, glance_config=directory),
            f'{cls.__name__}-{name}')

    @classmethod
    def new_redis(cls) -> redis.Redis:
        """Return a Redis.

        :raises: MissingProgram: it is not installed
        """
        return redis.Redis(cls.account, cls.stack, f'{cls.__name__}-redis')

    def assertFault(
        self, response: requests.Response, **faults: int,
    ) -> None:
        """Check that a response is one of several faults, in JSON.

        :param faults: the expected statuses, by the names of the faults
        """
        document = response.json()
        self.assertEqual(1, len(document), document)
        [(name, fault)] = document.items()
        self.assertIn(name, faults, document)
        self.assertEqual(faults[name], response.status_code)
        self.assertEqual(faults[name], fault['code'])
        self.assertTrue(fault['message'])
        self.assertEqual(
            'application/json',
            response.headers['Content-Type'].partition(';')[0])
        if response.status_code == 503:
            self.assertGreaterEqual(int(response.headers['Retry-After']), 1)

    def create_apart(self, count: int, **attributes: Any) -> list[str]:
        """Create images with different locks, and return their ids.

        :param attributes: attributes and properties of each image
        """
        ids: dict[bytes, str] = {}
        while len(ids) < count:
            image_id = str(uuid.uuid4())
            ids[lock_name(image_id)] = image_id
        return in_parallel(
            lambda image_id: self.glance.create(
                id=image_id, data=None, **attributes), ids.values())


def lock_name(image_id: str) -> bytes:
    """Return the name of the lock for writes of an image."""
    return locks.lock_name(image_id)


def in_parallel(
    function: Callable[[T], R], arguments: Iterable[T],
) -> list[R]:
    """Call a function in parallel, and return its results.

    :param arguments: the argument of each call
    """
    with futures.ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, arguments))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds.

    :param seconds: the longest time to wait
    :raises: TimeoutError: the condition does not hold in time
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f'timed out after {seconds} seconds')
        time.sleep(POLL_SECONDS)
