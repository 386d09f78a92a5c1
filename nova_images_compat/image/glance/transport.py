# SPDX-License-Identifier: Apache-2.0

"""Sends one request to one server of the Image service.

Here the errors of keystoneauth, requests and urllib3 become ours.
"""

from collections.abc import Mapping
import dataclasses
import http.client
import time

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1 import session as keystone_session
from oslo_config import cfg
import requests
import urllib3.exceptions

from nova_images_compat.conf import glance
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import auth
from nova_images_compat.image.glance import bodies
from nova_images_compat.image.glance import connections
from nova_images_compat import native
from nova_images_compat import version

# Seconds.
CONNECT_TIMEOUT = 5.0

ACCEPT_HEADERS = {
    'Accept': 'application/json', 'Accept-Encoding': 'gzip, deflate'}


@dataclasses.dataclass(frozen=True, slots=True)
class _Sessions:
    """The objects that send requests; they have locks of their own."""

    glance: keystone_session.Session
    service_user: identity.ServiceUser | None


class Transport:
    """The connections to the Image service.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._sessions = native.PerThread(lambda: _Sessions(
            _load_session(conf), identity.load_service_user(conf)))

    @property
    def session(self) -> keystone_session.Session:
        """keystoneauth's session of this thread."""
        return self._sessions.get().glance

    def send(
        self, context: request_context.RequestContext, root: str,
        method: str, path: str, timeout: float,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> glance_answer.Answer:
        """Send a request as the caller, and return the answer.

        :param root: the server's URL, without the API version
        :param path: the path below the root
        :param timeout: seconds until the answer must be complete
        :raises: ImageStoreUnavailable: the request was not sent
        :raises: Unanswered: it was sent, and no complete answer came
        :raises: BadGateway: the answer is not valid HTTP
        :raises: IdentityUnavailable: Keystone issues no service token
        """
        deadline = time.monotonic() + timeout
        sessions = self._sessions.get()
        as_caller = adapter.Adapter(
            # keystoneauth would take "%" for the start of a format.
            sessions.glance, endpoint_override=root.replace('%', '%%'),
            auth=auth.CallerAuth(
                root, context.auth_token, sessions.service_user),
            global_request_id=context.global_id)
        try:
            response = as_caller.request(
                path, method, params=params, data=body,
                headers={**ACCEPT_HEADERS, **(headers or {})},
                redirect=False, raise_exc=False, connect_retries=0,
                stream=True, timeout=(min(timeout, CONNECT_TIMEOUT), timeout))
        except keystone_exception.ConnectionError as error:
            raise _request_error(error) from error
        try:
            content = bodies.read(response, deadline)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _body_error(error) from error
        return glance_answer.Answer(
            root, response.status_code, content,
            response.headers.get('Retry-After', ''))

    def ping(self, root: str, timeout: float) -> None:
        """Check that a server answers, without a token.

        :param timeout: seconds
        :raises: ImageStoreUnavailable: it does not, or with an error 5xx
        """
        try:
            response = self.session.get(
                f'{root}/', authenticated=False, redirect=False,
                raise_exc=False, connect_retries=0, stream=True,
                timeout=timeout)
            response.close()
            if response.status_code >= 500:
                raise keystone_exception.ConnectFailure(
                    f'{root} returned status {response.status_code}')
        except keystone_exception.ClientException as error:
            raise exception.ImageStoreUnavailable() from error


def _load_session(conf: cfg.ConfigOpts) -> keystone_session.Session:
    return identity.load_session(
        conf, glance.GROUP.name, session=connections.Connections(),
        app_name='nova-images-compat', app_version=version.version_string())


def _request_error(
    error: keystone_exception.ConnectionError,
) -> exception.APIError:
    """Return our error for one of a request that got no response."""
    # keystoneauth raises its error while it handles that of requests, whose
    # first argument is that of urllib3.
    cause = error.__context__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return exception.ImageStoreUnavailable()
    reason = cause.args[0] if (
        isinstance(cause, requests.exceptions.ConnectionError)
        and cause.args) else None
    if isinstance(reason, urllib3.exceptions.MaxRetryError) and (
            isinstance(reason.reason, urllib3.exceptions.NewConnectionError)):
        return exception.ImageStoreUnavailable()
    if isinstance(reason, urllib3.exceptions.ProtocolError) and (
            _is_not_http(reason.args[-1])):
        return exception.BadGateway()
    return exception.Unanswered()


def _is_not_http(error: object) -> bool:
    return isinstance(error, http.client.HTTPException) and (
        not isinstance(error, http.client.RemoteDisconnected))


def _body_error(error: Exception) -> exception.APIError:
    """Return our error for one of reading a response's body."""
    if isinstance(error, urllib3.exceptions.DecodeError):
        return exception.BadGateway()
    return exception.Unanswered()
