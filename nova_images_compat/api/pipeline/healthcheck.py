# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's health check at ``/healthcheck``, and its plug-in that
checks the image store."""

from collections.abc import Iterable
from concurrent import futures
import ipaddress
import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_middleware import healthcheck
from oslo_middleware.healthcheck import pluginbase
from stevedore import named

from nova_images_compat.api.pipeline import paste
from nova_images_compat import background
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import loader
from nova_images_compat import log

LOG = log.getLogger(__name__)

PATH = '/healthcheck'
OK = 'OK'
# oslo.middleware's checks of files, which contradict each other.
EXCLUSIVE = frozenset(('disable_by_file', 'enable_by_files'))
NO_ANSWER = 'The image store does not answer'

# Seconds for which the last answer of the store is reused.
MAX_AGE = 5.0

# Seconds that the store has to answer.
TIMEOUT = 8.0


class HealthcheckFilter(paste.Filter):
    """Answers the health check, and passes every other request on.

    :param application: the application behind this filter; it also gets the
        health checks of clients that may not ask for them
    :param conf: the service's configuration
    :raises: ConfigurationError: a value of ``[healthcheck]`` is invalid
    """

    def __init__(
        self, application: paste.WSGIApplication, conf: cfg.ConfigOpts,
    ) -> None:
        super().__init__(application, conf)
        options = conf.healthcheck
        if EXCLUSIVE.issubset(options.backends):
            raise exception.ConfigurationError(
                f'[healthcheck] backends: {" and ".join(sorted(EXCLUSIVE))} '
                'exclude each other')
        _check_backends(conf)
        self._is_for_some = bool(options.allowed_source_ranges)
        try:
            self.healthcheck = healthcheck.Healthcheck(application, conf)
        except ValueError as error:
            raise exception.ConfigurationError(
                f'[healthcheck] allowed_source_ranges: {error}') from error

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] != PATH or self._is_for_some and (
                not _is_address(environ.get('REMOTE_ADDR'))):
            return self.application(environ, start_response)
        # Its log lines must not have the IDs of the thread's last request.
        request_context.RequestContext()
        return self.healthcheck(environ, start_response)


class StoreHealthcheck(pluginbase.HealthcheckBaseExtension):
    """Checks whether the image store answers: a plug-in of the health check.

    Any number of probes share one request to the store every few seconds.

    :param oslo_conf: the service's configuration
    :param conf: not used
    :raises: ConfigurationError
    :raises: DatabaseNotReady: the database of the store cannot be used
    """

    def __init__(
        self, oslo_conf: cfg.ConfigOpts, conf: dict[str, Any],
    ) -> None:
        super().__init__(oslo_conf, conf)
        self._store = loader.load_store(oslo_conf)
        self._lock = threading.Lock()
        self._request: futures.Future[None] | None = None
        self._asked_at = 0.0

    def healthcheck(self, server_port: int) -> pluginbase.HealthcheckResult:
        """Return the last answer of the store, or a new one."""
        request, timeout = self._ask()
        try:
            request.result(timeout)
        except exception.APIError as error:
            return pluginbase.HealthcheckResult(
                False, NO_ANSWER, error.message)
        except Exception as error:
            LOG.error('%s: %r', NO_ANSWER, error)
            return pluginbase.HealthcheckResult(False, NO_ANSWER)
        return pluginbase.HealthcheckResult(True, OK)

    def _ask(self) -> tuple[futures.Future[None], float]:
        """Return the request to the store, and the seconds to wait for its
        answer.
        """
        with self._lock:
            age = time.monotonic() - self._asked_at
            if self._request is None or (
                    self._request.done() and age > MAX_AGE):
                self._request = background.call(self._store.check)
                self._asked_at, age = time.monotonic(), 0.0
            return self._request, max(TIMEOUT - age, 0.0)


def _check_backends(conf: cfg.ConfigOpts) -> None:
    """Make each backend once before oslo.middleware does, since it ignores
    those that fail.

    :raises: ConfigurationError: a backend does not exist or does not load
    """
    def reject_missing(names: Iterable[str]) -> None:
        raise exception.ConfigurationError(
            '[healthcheck] backends: not found: '
            f'{", ".join(sorted(names))}')

    def reject_failed(
        manager: Any, entry_point: Any, error: BaseException,
    ) -> None:
        raise exception.ConfigurationError(
            f'[healthcheck] backends: {entry_point.name} does not load: '
            f'{error}') from error

    named.NamedExtensionManager(
        healthcheck.Healthcheck.NAMESPACE, conf.healthcheck.backends,
        invoke_on_load=True, invoke_args=(conf, {}),
        on_load_failure_callback=reject_failed,
        on_missing_entrypoints_callback=reject_missing)


def _is_address(text: str | None) -> bool:
    try:
        ipaddress.ip_address(text or '')
    except ValueError:
        return False
    return True


factory = paste.filter_factory(HealthcheckFilter)
