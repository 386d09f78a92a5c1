# SPDX-License-Identifier: Apache-2.0

"""Sends one request to one server of the Image service.

Here the errors of urllib3 become ours.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import http.client
import time
from typing import Any
from urllib import parse

from keystoneauth1 import session as keystone_session
from oslo_config import cfg
import urllib3
import urllib3.exceptions

from nova_images_compat.conf import glance
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import bodies
from nova_images_compat.image.glance import endpoints
from nova_images_compat.image.glance import gateways
from nova_images_compat.image.glance import pools
from nova_images_compat import log
from nova_images_compat import native
from nova_images_compat import tls
from nova_images_compat import version

LOG = log.getLogger(__name__)

# Seconds.
CONNECT_TIMEOUT = 5.0
MIN_TIMEOUT = 0.001

HEADERS = {
    'Accept': 'application/json',
    'Accept-Encoding': 'gzip, deflate',
    'User-Agent': f'nova-images-compat/{version.version_string()}',
}

NO_RETRIES = urllib3.Retry(False)

# The errors of urllib3 whose last argument is another error.
WRAPPERS = (
    urllib3.exceptions.ProtocolError, urllib3.exceptions.ProxyError,
    urllib3.exceptions.SSLError)

# Our errors for others. The first row that matches counts; without any, the
# request may have been sent.
ERRORS: tuple[tuple[type[Exception], type[exception.APIError]], ...] = (
    (urllib3.exceptions.NewConnectionError, exception.ImageStoreUnavailable),
    (urllib3.exceptions.ConnectTimeoutError, exception.ImageStoreUnavailable),
    (urllib3.exceptions.LocationValueError, exception.ImageStoreUnavailable),
    (urllib3.exceptions.DecodeError, exception.BadGateway),
    (http.client.IncompleteRead, exception.Unanswered),
    (http.client.RemoteDisconnected, exception.Unanswered),
    (http.client.HTTPException, exception.BadGateway),
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Connections:
    """The objects that send requests; they have locks of their own."""

    session: keystone_session.Session
    pools: pools.Pools
    service_user: identity.ServiceUser | None


class Transport:
    """The connections to the Image service.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._tls = tls.Settings.load(
            conf, glance.GROUP.name, endpoints.source(conf))
        self._tls.check_at_start()
        self._connections = native.PerThread(lambda: _connections(conf))
        user = self._connections.get().service_user
        if user:
            user.tls.check_at_start()

    @property
    def session(self) -> keystone_session.Session:
        """keystoneauth's session of this thread, which reads catalogues."""
        return self._connections.get().session

    def send(
        self, context: request_context.RequestContext, root: str,
        method: str, path: str, timeout: float,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> glance_answer.Answer:
        """Send a request as the caller, and return the answer.

        If the answer is 401, the service token may have been revoked: then
        the request is sent once more, with a new one.

        :param root: the server's URL, without the API version
        :param path: the path below the root
        :param timeout: seconds until the answer must be complete
        :raises: ImageStoreUnavailable: the request was not sent
        :raises: ImageStoreMisconfigured: no request can reach the server
        :raises: Unanswered: it was sent, and no complete answer came
        :raises: BadGateway: the answer is not valid HTTP
        :raises: IdentityUnavailable: Keystone issues no service token
        """
        deadline = time.monotonic() + timeout
        connections = self._connections.get()
        target = f'{path}?{parse.urlencode(params)}' if params else path
        sent = {**HEADERS, 'X-OpenStack-Request-ID': context.global_id,
                **(headers or {})}
        if context.auth_token:
            sent['X-Auth-Token'] = context.auth_token
        user = connections.service_user
        if user:
            sent['X-Service-Token'] = user.token() or ''
        answer = self._exchange(
            connections.pools, root, method, target, deadline, body, sent)
        if answer.status == 401 and user and user.auth.invalidate():
            sent['X-Service-Token'] = user.token() or ''
            answer = self._exchange(
                connections.pools, root, method, target, deadline, body, sent)
        return answer

    def ping(self, root: str, timeout: float) -> None:
        """Check that a server answers, without a token.

        :param timeout: seconds
        :raises: ImageStoreUnavailable: it does not, or with an error 5xx
        :raises: ImageStoreMisconfigured: no request can reach it
        :raises: BadGateway: its answer is not valid HTTP
        """
        deadline = time.monotonic() + timeout
        with self._translated_errors():
            response = _open(
                self._connections.get().pools, root, 'GET', '/', timeout)
            is_rejected = response.status == gateways.BAD_REQUEST
            body = bodies.read(response, deadline) if is_rejected else b''
            response.close()
            response.release_conn()
            if response.status >= 500:
                raise urllib3.exceptions.HTTPError(
                    f'status {response.status}')
        if response.status in gateways.STATUSES:
            self._check_gateway(root, response, body)

    def _exchange(
        self, connections: pools.Pools, root: str, method: str, target: str,
        deadline: float, body: bytes | None, headers: Mapping[str, str],
    ) -> glance_answer.Answer:
        """Send a request, and return the answer.

        :param deadline: when the answer must be complete, on the monotonic
            clock
        :raises: ImageStoreUnavailable, ImageStoreMisconfigured, Unanswered,
            BadGateway
        """
        with self._translated_errors():
            response = _open(
                connections, root, method, target,
                max(deadline - time.monotonic(), MIN_TIMEOUT), body, headers)
            content = bodies.read(response, deadline)
        LOG.debug('%s %s%s: %s, request id %s', method, root, target,
                  response.status,
                  response.headers.get('X-OpenStack-Request-ID'))
        if response.status in gateways.STATUSES:
            self._check_gateway(root, response, content)
        return glance_answer.Answer(
            root, response.status, content,
            response.headers.get('Retry-After', ''))

    def _check_gateway(
        self, root: str, response: 'urllib3.BaseHTTPResponse', body: bytes,
    ) -> None:
        """Check that a response is not that of a web server which did not
        pass the request on.

        :raises: ImageStoreMisconfigured: it is
        """
        problem = gateways.problem(
            self._tls, root, response.status, response.headers, body)
        if problem:
            raise exception.ImageStoreMisconfigured() from (
                exception.ConnectionMisconfigured(problem))

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Translate the errors of a request.

        :raises: ImageStoreUnavailable: the request was not sent
        :raises: ImageStoreMisconfigured: TLS with the server is not possible
        :raises: Unanswered: it was sent, and no complete answer came
        :raises: BadGateway: the answer is not valid HTTP
        """
        try:
            yield
        except (urllib3.exceptions.HTTPError, OSError) as error:
            problem = self._tls.explain(error)
            if problem:
                raise exception.ImageStoreMisconfigured() from (
                    exception.ConnectionMisconfigured(problem))
            cause: Any = error
            while isinstance(cause, WRAPPERS):
                cause = cause.args[-1]
            raise next((ours for theirs, ours in ERRORS
                        if isinstance(cause, theirs)),
                       exception.Unanswered)() from error


def _connections(conf: cfg.ConfigOpts) -> _Connections:
    session = identity.load_session(conf, glance.GROUP.name)
    return _Connections(
        session, pools.Pools(session), identity.load_service_user(conf))


def _open(
    connections: pools.Pools, root: str, method: str, target: str,
    timeout: float, body: bytes | None = None,
    headers: Mapping[str, str] = HEADERS,
) -> 'urllib3.BaseHTTPResponse':
    """Send a request, and return the response, whose body is not yet read.

    :param target: the path below the root, and the query string
    :param timeout: seconds to connect, and between two reads
    :raises: urllib3.exceptions.HTTPError, OSError
    """
    server = connections.server(root)
    return server.pool.urlopen(
        method, server.prefix + target, body, headers, NO_RETRIES,
        redirect=False, assert_same_host=False, preload_content=False,
        timeout=urllib3.Timeout(
            connect=min(timeout, CONNECT_TIMEOUT), read=timeout))
