# SPDX-License-Identifier: Apache-2.0

"""Sends requests to the Image service: tries again, asks the next server, and
tells what else goes wrong."""

from collections.abc import Mapping
import dataclasses
import html
import http.client
import random
import re
import time
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as keystone_exception
from keystoneauth1 import session as keystone_session
import orjson
from oslo_config import cfg
import requests
import urllib3.exceptions

from nova_images_compat.conf import glance
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import auth
from nova_images_compat.image.glance import connections
from nova_images_compat.image.glance import endpoints
from nova_images_compat import log
from nova_images_compat import native
from nova_images_compat import version

LOG = log.getLogger(__name__)

Context = request_context.RequestContext

CONNECT_TIMEOUT = 5.0
CHECK_TIMEOUT = 2.0
READ_SIZE = 2 ** 16
FIRST_DELAY = 0.1
LONGEST_DELAY = 2.0
LONGEST_RETRY_AFTER = 3600
BUSY = (429, 503)
ACCEPTED = {
    'Accept': 'application/json', 'Accept-Encoding': 'gzip, deflate'}

# The parts of an error's page that say no more than its status.
HEADINGS = (('<head>', '</head>'), ('<h1>', '</h1>'))
# Without "<" within a tag, each character is looked at once.
TAG = re.compile(r'<[^<>]*>')

# The most characters of a message that callers see, and those of its HTML
# that are read for it: html.unescape() refuses numbers of 640 digits.
LONGEST_MESSAGE = 200
LONGEST_HTML = 3 * LONGEST_MESSAGE


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What the Image service answered: a success, or an error 4xx.

    :ivar root: which server answered
    :ivar status: the HTTP status
    :ivar body: the body
    :ivar retry_after: the header Retry-After
    :ivar is_repeated: whether an earlier try may have been carried out, too
    """

    root: str
    status: int
    body: bytes
    retry_after: str = ''
    is_repeated: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def document(self) -> dict[str, Any]:
        """Return the JSON object that the body holds.

        :raises: BadGateway: it is none
        """
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise self.nonsense('not JSON') from error
        if not isinstance(document, dict):
            raise self.nonsense('not a JSON object')
        return document

    def text(self) -> str:
        """Return the message of an error, which is JSON or HTML: one line of
        at most ``LONGEST_MESSAGE`` characters.
        """
        try:
            message = orjson.loads(self.body)['message'].split()
        except (orjson.JSONDecodeError, LookupError, TypeError,
                AttributeError):
            message = _text_of(self.body.decode('utf-8', 'replace')).split()
        line = ' '.join(message)[:LONGEST_MESSAGE]
        return log.one_line(line)[:LONGEST_MESSAGE]

    def nonsense(self, what: object) -> exception.BadGateway:
        """Return the error to raise, having told the operator of it.

        :param what: is wrong with the answer
        """
        LOG.error('The Image service at %s answered %s with what makes no '
                  'sense: %s: %r', self.root, self.status, what,
                  self.body[:200])
        return exception.BadGateway()


@dataclasses.dataclass(frozen=True, slots=True)
class _Own:
    """What sends requests, and has locks."""

    session: keystone_session.Session
    service_user: identity.ServiceUser | None


class Unanswered(exception.ImageStoreUnavailable):
    """A request that may have been carried out was not answered."""


class Client:
    """The Image service API v2, asked as the caller.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._own = native.PerThread(lambda: _Own(
            _session(conf), identity.load_service_user(conf)))
        self.endpoints = endpoints.Endpoints(conf, self._own.get().session)
        self.timeout = identity.timeout(conf, glance.GROUP.name)
        self.retries: int = conf.glance.num_retries

    def deadline(self) -> float:
        """Return the time, on the monotonic clock, until which a caller
        waits who begins to wait now.
        """
        return time.monotonic() + self.timeout

    def call(
        self, context: Context, method: str, path: str, *,
        deadline: float | None = None, may_repeat: bool = True,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, and send it again if no answer comes.

        :param path: the path below the server's root
        :param deadline: the time, on the monotonic clock, until which all
            tries together may take; ``[glance] timeout`` from now on if it
            is not said
        :param may_repeat: whether it does no harm if it is carried out
            twice; otherwise only what has not even left is sent again
        :raises: Unanswered, ImageStoreUnavailable, BadGateway, Unauthorized,
            IdentityUnavailable
        """
        deadline = deadline or self.deadline()
        servers = self.endpoints.candidates(context)
        is_repeated = False
        for number in range(1 + self.retries):
            if number and not _wait(number // len(servers), deadline):
                break
            root = servers[number % len(servers)]
            to_ask = max(len(servers) - number, 1)
            share = (deadline - time.monotonic()) / to_ask
            try:
                response = self._send(
                    context, root, method, path, params, body, headers,
                    max(share, FIRST_DELAY))
            except keystone_exception.ConnectionError as error:
                self.endpoints.failed(root)
                LOG.warning('No answer from the Image service at %s to %s %s '
                            '(global request id %s): %s', root, method, path,
                            context.global_id, error)
                if _is_nonsense(error):
                    raise exception.BadGateway() from error
                if not _never_sent(error):
                    is_repeated = True
                    if not may_repeat:
                        break
                continue
            if response.status == 503 and may_repeat and (
                    to_ask > 1 and number < self.retries):
                self.endpoints.failed(root)
                is_repeated = True
                continue
            self.endpoints.answered(root)
            return _checked(response if not is_repeated else (
                dataclasses.replace(response, is_repeated=True)))
        raise Unanswered() if is_repeated else (
            exception.ImageStoreUnavailable())

    def ask(
        self, context: Context, root: str, path: str, timeout: float,
    ) -> Answer:
        """Read something of one server, in one try.

        :param timeout: seconds
        :raises: ImageStoreUnavailable, BadGateway, Unauthorized,
            IdentityUnavailable
        """
        try:
            return _checked(self._send(
                context, root, 'GET', path, None, None, None,
                min(timeout, self.timeout)))
        except keystone_exception.ConnectionError as error:
            raise exception.ImageStoreUnavailable() from error

    def check(self, context: Context) -> None:
        """Ask for a sign of life of any server, without a token.

        :raises: ImageStoreUnavailable
        """
        cause: Exception | None = None
        for root in self.endpoints.candidates(context):
            try:
                response = self._own.get().session.get(
                    f'{root}/', authenticated=False, redirect=False,
                    raise_exc=False, connect_retries=0, stream=True,
                    timeout=CHECK_TIMEOUT)
            except keystone_exception.ClientException as error:
                cause = error
            else:
                response.close()
                if response.status_code < 500:
                    self.endpoints.answered(root)
                    return
                cause = keystone_exception.ConnectFailure(
                    f'{root} answers {response.status_code}')
            self.endpoints.failed(root)
            LOG.error('No sign of life of the Image service at %s: %s', root,
                      cause)
        raise exception.ImageStoreUnavailable() from cause

    def _send(
        self, context: Context, root: str, method: str, path: str,
        params: Mapping[str, str | int] | None, body: bytes | None,
        headers: Mapping[str, str] | None, timeout: float,
    ) -> Answer:
        deadline = time.monotonic() + timeout
        own = self._own.get()
        as_caller = adapter.Adapter(
            # A "%" would begin a name that keystoneauth knows.
            own.session, endpoint_override=root.replace('%', '%%'),
            auth=auth.CallerAuth(root, context.auth_token, own.service_user),
            global_request_id=context.global_id)
        response = as_caller.request(
            path, method, params=params, data=body,
            headers={**ACCEPTED, **(headers or {})},
            redirect=False, raise_exc=False, connect_retries=0, stream=True,
            timeout=(min(timeout, CONNECT_TIMEOUT), timeout))
        return Answer(
            root, response.status_code, _read_body(response, deadline),
            response.headers.get('Retry-After', ''))


def _text_of(page: str) -> str:
    """Return the beginning of what an error's page says."""
    for start, end in HEADINGS:
        before, _, rest = page.partition(start)
        if end in rest:
            page = before + rest.partition(end)[2]
    text = ' '.join(TAG.sub(' ', page).split())
    return html.unescape(text[:LONGEST_HTML])


def _read_body(response: requests.Response, deadline: float) -> bytes:
    """Return a response's body.

    :raises: keystoneauth1.exceptions.ConnectionError: it ends early, or
        drips in until the deadline
    :raises: BadGateway: it is not encoded as it says
    """
    parts = []
    read = getattr(response.raw, 'read1', response.raw.read)
    # None if the server closes the connection after this answer: then a
    # read that begins just before the deadline waits for its own time-out.
    socket = getattr(response.raw.connection, 'sock', None)
    try:
        while part := read(READ_SIZE, decode_content=True):
            parts.append(part)
            if time.monotonic() > deadline:
                raise keystone_exception.ConnectTimeout(
                    'the answer takes too long')
            if socket:
                socket.settimeout(max(deadline - time.monotonic(), 0.001))
    except urllib3.exceptions.DecodeError as error:
        LOG.error('The Image service at %s answered with what makes no '
                  'sense: %s', response.url, error)
        raise exception.BadGateway() from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise keystone_exception.ConnectFailure(
            f'the answer breaks off: {error}') from error
    finally:
        response.close()
    return b''.join(parts)


def _checked(answer: Answer) -> Answer:
    """Return an answer that says something about what was asked for."""
    if answer.status == 401:
        LOG.info('The Image service at %s refuses the token', answer.root)
        raise exception.Unauthorized()
    if answer.status in BUSY:
        LOG.error('The Image service at %s is not available: %s',
                  answer.root, answer.status)
        raise exception.ImageStoreUnavailable(
            **_retry_after(answer.retry_after))
    if not (answer.is_success or 400 <= answer.status < 500):
        raise answer.nonsense('it is no answer to this request')
    return answer


def _wait(rounds: int, deadline: float) -> bool:
    """Wait before the servers are asked once more; say whether there is
    time left to ask.

    :param rounds: how many times each of them has been asked
    """
    if rounds:
        delay = min(FIRST_DELAY * 2 ** (rounds - 1), LONGEST_DELAY)
        time.sleep(delay * random.uniform(0.5, 1))
    return time.monotonic() < deadline


def _session(conf: cfg.ConfigOpts) -> keystone_session.Session:
    return identity.load_session(
        conf, glance.GROUP.name, session=connections.Connections(),
        app_name='nova-images-compat', app_version=version.version_string())


def _never_sent(error: keystone_exception.ConnectionError) -> bool:
    """Say whether a request that failed has not even left."""
    cause = error.__context__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(cause.args[0], 'reason', None) if (
        isinstance(cause, requests.exceptions.ConnectionError)
        and cause.args) else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _is_nonsense(error: keystone_exception.ConnectionError) -> bool:
    """Say whether what came back is not HTTP."""
    cause = error.__context__
    aborted = cause.args[0] if cause and cause.args else None
    reason = aborted.args[-1] if (
        isinstance(aborted, urllib3.exceptions.ProtocolError)) else None
    return isinstance(reason, http.client.HTTPException) and (
        not isinstance(reason, http.client.RemoteDisconnected))


def _retry_after(value: str) -> dict[str, int]:
    """Return the seconds that a busy server asks for, if it says so
    (RFC 9110, 10.2.3; a date is left aside).
    """
    if not (value.isascii() and value.isdecimal()):
        return {}
    return {'retry_after': min(int(value[:9]), LONGEST_RETRY_AFTER)}
