# SPDX-License-Identifier: Apache-2.0

"""Servers that the tests of one class share."""

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
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi

F = TypeVar('F', bound=fixtures.Fixture)
T = TypeVar('T')
R = TypeVar('R')

# As many as one service has.
THREADS = uwsgi.PROCESSES * uwsgi.THREADS
POLL_SECONDS = 0.1
TIMEOUT = 30


class ServersTestCase(base.IntegrationTestCase):
    """Tests with servers of their own, which all tests of a class share."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = description.load()
        cls.account = registry.Registry(cls.stack.processes)
        cls.start_servers()

    @classmethod
    def start_servers(cls) -> None:
        """Start what the tests of the class need."""

    @classmethod
    def start(cls, fixture: F) -> F:
        """Set a fixture up until the tests of the class have run."""
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    @classmethod
    def start_all(cls, *servers: F) -> None:
        """The same, with several at a time."""
        in_parallel(cls.start, servers)

    @classmethod
    def new_service(
        cls, name: str, options: configuration.Options,
    ) -> service.Service:
        return service.Service(
            cls.account, cls.stack, f'{cls.__name__}-{name}', options)

    @classmethod
    def new_glance(
        cls, name: str, has_schema: bool = True, **options: Any,
    ) -> uwsgi.Server:
        """Return one more server of the stack's Glance.

        :param has_schema: whether it has the schema of properties
        :param options: of the group DEFAULT, unlike the stack's own
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

    def assertFault(
        self, response: requests.Response, **faults: int,
    ) -> None:
        """Check that an answer is one of some faults, as JSON.

        :param faults: the status of each, by name
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
        """Create images that share no lock, and return their ids."""
        ids: dict[bytes, str] = {}
        while len(ids) < count:
            image_id = str(uuid.uuid4())
            ids[lock_name(image_id)] = image_id
        return in_parallel(
            lambda image_id: self.glance.create(
                id=image_id, data=None, **attributes), ids.values())


def lock_name(image_id: str) -> bytes:
    """Return the name of the lock that a write of an image takes."""
    return locks.lock_name(image_id)


def in_parallel(
    function: Callable[[T], R], arguments: Iterable[T],
) -> list[R]:
    with futures.ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, arguments))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for a condition.

    :raises: TimeoutError: it takes too long
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f'not so after {seconds} seconds')
        time.sleep(POLL_SECONDS)
