# SPDX-License-Identifier: Apache-2.0

"""Asks the Image service: tries again, and tries its other servers."""

from collections.abc import Mapping
import dataclasses
import random
import time

from oslo_config import cfg

from nova_images_compat.conf import glance
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import identity
from nova_images_compat.image.glance import answer as glance_answer
from nova_images_compat.image.glance import endpoints
from nova_images_compat.image.glance import transport
from nova_images_compat import log

LOG = log.getLogger(__name__)

# Seconds.
CHECK_TIMEOUT = 2.0

# Seconds between two rounds over the servers: each pause is twice the one
# before it, up to the maximum.
FIRST_PAUSE = 0.1
MAX_PAUSE = 2.0

# Seconds that a request has at least.
MIN_TIMEOUT = 0.1


class Client:
    """The Image service API v2, asked as the caller.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._transport = transport.Transport(conf)
        self.endpoints = endpoints.Endpoints(conf, self._transport.session)
        self.timeout = identity.timeout(conf, glance.GROUP.name)
        self.retries: int = conf.glance.num_retries

    def deadline(self) -> float:
        """Return when a request that begins now times out, on the monotonic
        clock.
        """
        return time.monotonic() + self.timeout

    def call(
        self, context: request_context.RequestContext, method: str,
        path: str, *, deadline: float | None = None, may_repeat: bool = True,
        params: Mapping[str, str | int] | None = None,
        body: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> glance_answer.Answer:
        """Send a request, and send it again if no answer comes.

        :param path: the path below the server's root
        :param deadline: when all tries together time out, on the monotonic
            clock; by default ``[glance] timeout`` from now
        :param may_repeat: whether the request may be carried out twice; if
            not, it is sent again only if it was not sent at all
        :returns: a success, or an error 4xx other than 401 and 429
        :raises: Unanswered: it may have been carried out
        :raises: ImageStoreMisconfigured: no request can reach any server
        :raises: ImageStoreUnavailable: no server is available
        :raises: BadGateway, Unauthorized, IdentityUnavailable
        """
        deadline = deadline or self.deadline()
        servers = self.endpoints.candidates(context)
        is_repeated = False
        misconfigured: dict[str, exception.ImageStoreMisconfigured] = {}
        for number in range(1 + self.retries):
            root = servers[number % len(servers)]
            if root in misconfigured:
                continue
            if number and not _pause(number // len(servers), deadline):
                break
            untried = max(len(servers) - number, 1)
            timeout = (deadline - time.monotonic()) / untried
            try:
                answer = self._transport.send(
                    context, root, method, path, max(timeout, MIN_TIMEOUT),
                    params, body, headers)
            except exception.BadGateway as error:
                self.endpoints.failed(root)
                LOG.error('The Image service at %s returned an invalid '
                          'response to %s %s (global request id %s): %s',
                          root, method, path, context.global_id,
                          error.__cause__)
                raise
            except exception.ImageStoreMisconfigured as error:
                self.endpoints.failed(root)
                LOG.error('The Image service at %s cannot be used (%s %s, '
                          'global request id %s): %s', root, method, path,
                          context.global_id, error.__cause__)
                misconfigured[root] = error
                if len(misconfigured) == len(set(servers)) and (
                        not is_repeated):
                    raise
                continue
            except exception.ImageStoreUnavailable as error:
                self.endpoints.failed(root)
                LOG.warning('No answer from the Image service at %s to %s %s '
                            '(global request id %s): %s', root, method, path,
                            context.global_id, error.__cause__)
                if isinstance(error, exception.Unanswered):
                    is_repeated = True
                    if not may_repeat:
                        break
                continue
            if answer.status == 503 and may_repeat and (
                    untried > 1 and number < self.retries):
                self.endpoints.failed(root)
                is_repeated = True
                continue
            self.endpoints.answered(root)
            answer.raise_for_status()
            return answer if not is_repeated else (
                dataclasses.replace(answer, is_repeated=True))
        raise exception.Unanswered() if is_repeated else (
            exception.ImageStoreUnavailable())

    def ask(
        self, context: request_context.RequestContext, root: str, path: str,
        timeout: float,
    ) -> glance_answer.Answer:
        """Send a GET request to one server, once.

        :param timeout: seconds, at most ``[glance] timeout``
        :returns: a success, or an error 4xx other than 401 and 429
        :raises: ImageStoreUnavailable, Unanswered, BadGateway, Unauthorized,
            IdentityUnavailable
        """
        answer = self._transport.send(
            context, root, 'GET', path, min(timeout, self.timeout))
        answer.raise_for_status()
        return answer

    def check(self, context: request_context.RequestContext) -> None:
        """Check that at least one server answers, without a token.

        :param context: whose catalogue has the servers
        :raises: ImageStoreUnavailable: none answers
        """
        cause: Exception | None = None
        for root in self.endpoints.candidates(context):
            try:
                self._transport.ping(root, CHECK_TIMEOUT)
            except (exception.ImageStoreUnavailable,
                    exception.BadGateway) as error:
                self.endpoints.failed(root)
                cause = ConnectionError(f'{root}: {error.__cause__}')
                LOG.error('The Image service is not reachable at %s', cause)
            else:
                self.endpoints.answered(root)
                return
        raise exception.ImageStoreUnavailable() from cause


def _pause(rounds: int, deadline: float) -> bool:
    """Wait before a try.

    :param rounds: how many times every server has been tried
    :param deadline: when all tries time out, on the monotonic clock
    :returns: whether there is time left for the try
    """
    if rounds:
        pause = min(FIRST_PAUSE * 2 ** (rounds - 1), MAX_PAUSE)
        # A random part keeps clients from trying all at once.
        time.sleep(pause * random.uniform(0.5, 1))
    return time.monotonic() < deadline
