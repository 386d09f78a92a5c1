# SPDX-License-Identifier: Apache-2.0

"""oslo.middleware's health check, at ``/healthcheck``: ``[healthcheck]``."""

from collections.abc import Iterable
from concurrent import futures
import ipaddress
import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_middleware import healthcheck
from oslo_middleware.healthcheck import pluginbase

from nova_images_compat.api.pipeline import paste
from nova_images_compat import background
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat.image import loader
from nova_images_compat import log

LOG = log.getLogger(__name__)

PATH = '/healthcheck'
OK = 'OK'
# oslo.middleware's checks of files, of which only one can be meant.
EXCLUSIVE = frozenset(('disable_by_file', 'enable_by_files'))
SILENT = 'The image store does not answer'

# Seconds for which an answer of the store does for every probe.
GOOD_FOR = 5.0

# Seconds that the store has to answer.
PATIENCE = 8.0


class HealthcheckFilter(paste.Filter):
    """Answers the health check, and hands on every other request.

    :param application: the application behind it, which also has the health
        checks of those who are not allowed to ask
    :param conf: the service's configuration
    :raises: ConfigurationError
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
        self._is_for_some = bool(options.allowed_source_ranges)
        try:
            self.healthcheck = healthcheck.Healthcheck(application, conf)
        except ValueError as error:
            raise exception.ConfigurationError(
                f'[healthcheck] allowed_source_ranges: {error}') from error
        # It goes on without those that it cannot have.
        missing = set(options.backends).difference(
            self.healthcheck._backends.names())
        if missing:
            raise exception.ConfigurationError(
                '[healthcheck] backends: there is none, or it does not load: '
                f'{", ".join(sorted(missing))}')

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if environ['PATH_INFO'] != PATH or self._is_for_some and (
                not _is_address(environ.get('REMOTE_ADDR'))):
            return self.application(environ, start_response)
        # What it logs is not of the request that the thread had before.
        request_context.RequestContext()
        return self.healthcheck(environ, start_response)


class StoreHealthcheck(pluginbase.HealthcheckBaseExtension):
    """Says whether the image store answers: a plug-in of the health check.

    However many probes there are, the store is asked once in a while, and by
    one of them at a time.

    :param oslo_conf: the service's configuration
    :raises: ConfigurationError, DatabaseNotReady
    """

    def __init__(
        self, oslo_conf: cfg.ConfigOpts, conf: dict[str, Any],
    ) -> None:
        super().__init__(oslo_conf, conf)
        self._store = loader.load_store(oslo_conf)
        self._lock = threading.Lock()
        self._asked: futures.Future[None] | None = None
        self._asked_at = 0.0

    def healthcheck(self, server_port: int) -> pluginbase.HealthcheckResult:
        """Return what the store said, or says."""
        asked, patience = self._ask()
        try:
            asked.result(patience)
        except exception.APIError as error:
            return pluginbase.HealthcheckResult(False, SILENT, error.message)
        except Exception as error:
            LOG.error('%s: %r', SILENT, error)
            return pluginbase.HealthcheckResult(False, SILENT)
        return pluginbase.HealthcheckResult(True, OK)

    def _ask(self) -> tuple[futures.Future[None], float]:
        """Return the store's answer, and the seconds to wait for it."""
        with self._lock:
            age = time.monotonic() - self._asked_at
            if self._asked is None or self._asked.done() and age > GOOD_FOR:
                self._asked = background.call(self._store.check)
                self._asked_at, age = time.monotonic(), 0.0
            return self._asked, max(PATIENCE - age, 0.0)


def _is_address(text: str | None) -> bool:
    try:
        ipaddress.ip_address(text or '')
    except ValueError:
        return False
    return True


factory = paste.filter_factory(HealthcheckFilter)
