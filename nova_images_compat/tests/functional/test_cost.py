# SPDX-License-Identifier: Apache-2.0

"""The cost of a request, in units that do not depend on the machine: calls to
the Image service, SQL statements, and calls of Python functions.

Functions count from the WSGI server to the sockets, those of libraries too.
The token is in memcached. Those of the HTTP client, which we cannot change,
count apart.
"""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import gc
import logging
import sys
from typing import Any
from typing import NamedTuple

from keystoneauth1 import fixture as keystone_fixture
import sqlalchemy as sa
import testscenarios
import urllib3
import webob

from nova_images_compat.api import plugin
from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base
from nova_images_compat.tests import memcached
from nova_images_compat.tests import served_glance

load_tests = testscenarios.load_tests_apply_scenarios

# A request may take this many times the function calls below, which were
# measured with Python 3.11 and upper-constraints.txt.
TOLERANCE = 1.1

# The first request fills caches; another one may look for policy files again.
ROUNDS = 4

IDENTITY = 'http://identity.example/v3'
NOVA_CONF = {
    'api': {'auth_strategy': 'keystone', 'image_store': 'glance',
            'response_validation': 'ignore'},
    'keystone_authtoken': {
        'auth_type': 'password', 'auth_url': IDENTITY,
        'www_authenticate_uri': IDENTITY, 'username': 'nova',
        'password': 'secret', 'user_domain_id': 'default'},
    'glance': {'valid_interfaces': 'internal,public'},
}
CATALOGUE = {'api': {'response_validation': 'ignore'}}

IMAGES = 100
PROPERTIES = {f'property-{number}': f'value-{number}' for number in range(10)}
ITEM = {'meta': {'key': 'value'}}


class Cost(NamedTuple):
    """The cost of one request.

    :ivar glance: number of calls to the Image service
    :ivar statements: number of SQL statements
    :ivar functions: number of calls of Python functions, without the next
    :ivar http: number of those of the HTTP client
    """

    glance: int
    statements: int
    functions: int
    http: int = 0


# What sends a request to the Image service, and reads the response.
HTTP_CLIENT = (
    urllib3.HTTPConnectionPool.urlopen, urllib3.HTTPResponse.read1,
    urllib3.HTTPResponse.release_conn, urllib3.HTTPResponse.close)

Request = tuple[str, str, Any]

REQUESTS: dict[str, Request] = {
    'show': ('GET', '/{id}', None),
    'index of 10': ('GET', '?limit=10', None),
    'detail of 100': ('GET', '/detail?limit=100', None),
    'detail by name': ('GET', '/detail?name=image-7&limit=10', None),
    'metadata': ('GET', '/{id}/metadata', None),
    'metadata item': ('PUT', '/{id}/metadata/key', ITEM),
    'delete': ('DELETE', '/{id}', None),
}

WITH_GLANCE = {
    'show': Cost(1, 0, 649, 292),
    'index of 10': Cost(1, 0, 921, 292),
    'detail of 100': Cost(1, 0, 2116, 294),
    'detail by name': Cost(1, 0, 888, 292),
    'metadata': Cost(1, 0, 620, 290),
    'metadata item': Cost(2, 0, 967, 596),
    'delete': Cost(1, 0, 607, 275),
}

WITH_CATALOGUE = {
    'show': Cost(0, 1, 327),
    'index of 10': Cost(0, 1, 553),
    'detail of 100': Cost(0, 1, 1589),
    'detail by name': Cost(0, 1, 553),
    'metadata': Cost(0, 1, 305),
    'metadata item': Cost(0, 5, 1270),
    'delete': Cost(0, 1, 491),
}

# Function calls of the filter in nova-api: for a request that is not for
# images, and for one whose microversion Nova itself answers.
FOR_NOVA = {'/servers/detail': 3, '/images/detail': 32}
ABOVE = 'compute 2.90'


class FunctionCalls:
    """Counts the calls of Python functions in this thread.

    :param apart: functions that count apart, with the calls in them

    :ivar number: the number of all other calls
    :ivar number_apart: the number of these calls
    """

    def __init__(self, *apart: Callable[..., Any]) -> None:
        self.number = self.number_apart = 0
        self._apart = {function.__code__ for function in apart}
        self._left: Any = None

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        if event == 'call':
            if self._left is None and frame.f_code in self._apart:
                self._left = frame
            if self._left is None:
                self.number += 1
            else:
                self.number_apart += 1
        elif event == 'return' and frame is self._left:
            self._left = None


@contextlib.contextmanager
def counted(*apart: Callable[..., Any]) -> Iterator[FunctionCalls]:
    """Count the calls of Python functions in a block."""
    calls = FunctionCalls(*apart)
    gc.collect()
    gc.disable()
    sys.setprofile(calls)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        gc.enable()


class _CostTest(base.TestCase):

    service: fixtures.Service

    def setUp(self) -> None:
        super().setUp()
        # The cost of formatting depends on the handlers of the tests.
        logging.disable(logging.INFO)
        self.addCleanup(logging.disable, logging.NOTSET)

    def ids(self) -> list[str]:
        """Return the ids of existing images."""
        raise NotImplementedError

    def spent(self) -> tuple[int, int]:
        """Return the numbers of calls to the Image service and of SQL
        statements since the last call of this method.
        """
        raise NotImplementedError

    def costs(self, request: Request) -> list[Cost]:
        """Return the costs of repetitions of a request."""
        method, path, body = request
        costs = []
        for image_id in self.ids()[:ROUNDS]:
            with self.case(image_id):
                self.spent()
                url = f'/v2.1/images{path}'.format(id=image_id)
                with counted(*HTTP_CLIENT) as calls:
                    response = self.service.request(url, method, json=body)
                self.assertLess(response.status_int, 300, response.text)
                costs.append(Cost(
                    *self.spent(), calls.number, calls.number_apart))
        return costs[1:]

    def check(self, measured: list[Cost], recorded: Cost) -> None:
        for cost in measured:
            with self.case(cost):
                self.assertEqual(recorded[:2], cost[:2])
        for now, before in (
                (min(cost.functions for cost in measured),
                 recorded.functions),
                (min(cost.http for cost in measured), recorded.http)):
            with self.case(now, before):
                self.assertLessEqual(now, before * TOLERANCE)


class WithGlance(_CostTest):
    """Requests to a service with Keystone and the Image service."""

    scenarios = [(name, {'name': name}) for name in REQUESTS]
    name: str

    def setUp(self) -> None:
        super().setUp()
        self.glance = self.useFixture(served_glance.ServedGlance())
        cache = self.useFixture(memcached.FakeMemcached())
        cache.add_token(fixtures.TOKENS['member'], self._token())
        self.service = self.make_service({
            **NOVA_CONF, 'keystone_authtoken': {
                **NOVA_CONF['keystone_authtoken'],
                'memcached_servers': cache.address}})
        for number in range(IMAGES):
            self.glance.add(name=f'image-{number}', **PROPERTIES)

    def _token(self) -> keystone_fixture.V3Token:
        token = keystone_fixture.V3Token(
            user_id='member', project_id=fixtures.PROJECT)
        token.add_role('member')
        for service in ('compute', 'identity', 'image', 'network', 'volume'):
            root = self.glance.root if service == 'image' else (
                f'http://{service}.example')
            token.add_service(service).add_standard_endpoints(
                public=root, internal=root, admin=root, region='RegionOne')
        return token

    def ids(self) -> list[str]:
        return list(self.glance.images)

    def spent(self) -> tuple[int, int]:
        number = len(self.glance.requests) + len(self.glance.schemas)
        self.glance.requests.clear()
        self.glance.schemas.clear()
        return number, 0

    def test_request(self) -> None:
        self.check(self.costs(REQUESTS[self.name]), WITH_GLANCE[self.name])


class WithCatalogue(_CostTest):
    """Requests to a service with the embedded catalogue, in SQLite."""

    scenarios = [(name, {'name': name}) for name in REQUESTS]
    name: str

    def setUp(self) -> None:
        super().setUp()
        self._statements = 0
        sa.event.listen(sa.Engine, 'before_cursor_execute', self._count)
        self.addCleanup(
            sa.event.remove, sa.Engine, 'before_cursor_execute', self._count)
        self.service = self.make_service(CATALOGUE)
        self._ids = [
            self.service.add_image(name=f'image-{number}', **PROPERTIES)
            for number in range(IMAGES)]

    def _count(
        self, connection: Any, cursor: Any, statement: str, *args: Any,
    ) -> None:
        # Only SQLite begins a transaction with a statement.
        self._statements += statement != 'BEGIN'

    def ids(self) -> list[str]:
        return self._ids

    def spent(self) -> tuple[int, int]:
        statements, self._statements = self._statements, 0
        return 0, statements

    def test_request(self) -> None:
        self.check(self.costs(REQUESTS[self.name]), WITH_CATALOGUE[self.name])


class Filter(base.TestCase):
    """The cost of the filter for requests that it passes to Nova."""

    def test_requests_for_nova(self) -> None:
        service = self.make_service()
        make = plugin.filter_factory(
            {}, config_file=service.configuration.path)
        application = make(self._answer)
        for path, functions in FOR_NOVA.items():
            with self.case(path):
                environ = webob.Request.blank(
                    path, headers={'OpenStack-API-Version': ABOVE}).environ
                application(environ, _start_response)
                with counted(self._answer) as calls:
                    answer = application(environ, _start_response)
                self.assertEqual([b'Nova'], answer)
                self.assertLessEqual(calls.number, functions * TOLERANCE)

    def _answer(self, environ: Any, start_response: Any) -> list[bytes]:
        return [b'Nova']


def _start_response(*args: Any) -> Any:
    """Ignore the status and the headers."""
