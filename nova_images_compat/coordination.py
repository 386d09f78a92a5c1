# SPDX-License-Identifier: Apache-2.0

"""Locks that hold across the processes and hosts of the service."""

from collections.abc import Iterator
from concurrent import futures
import contextlib
import hashlib
import os
import threading
from urllib import parse
import uuid

from oslo_config import cfg
from oslo_log import log as logging
from stevedore import exception as stevedore_exception
import tooz
from tooz import coordination
from tooz import locking

from nova_images_compat import background
from nova_images_compat import exception

LOG = logging.getLogger(__name__)

# The file backend keeps a file for every lock there has ever been. So images
# share locks: there is one for each value of so many hexadecimal digits.
LOCK_DIGITS = 3

# Seconds for the backend's answer, when the wait for the lock itself is over.
GRACE = 1.0

# ValueError: an option of a backend in its URL, which it reads late.
BROKEN = (tooz.ToozError, OSError, ValueError)


class ImageLocks:
    """``[coordination]``: a lock for each image, or nearly so.

    The backend is connected to by the process that first asks for a lock,
    not by the one that it may have been forked from.

    :param conf: the service's configuration
    :raises: ConfigurationError
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.url: str = conf.coordination.backend_url
        self.timeout: int = conf.coordination.lock_timeout
        self._starting = threading.Lock()
        self._coordinator: coordination.CoordinationDriver | None = None
        try:
            _check_place(self.url)
            self._make_coordinator()
        except (*BROKEN, ImportError,
                stevedore_exception.NoMatches) as error:
            raise exception.ConfigurationError(
                f'[coordination] backend_url: {error}') from error

    @contextlib.contextmanager
    def hold(self, image_id: str) -> Iterator[None]:
        """Hold the lock of an image.

        :raises: LockUnavailable: it could not be had in time
        """
        lock = self._acquire(_lock_name(image_id))
        try:
            yield
        finally:
            self._release(lock)

    def _acquire(self, name: bytes) -> locking.Lock:
        # Backends go on for a minute to reach a server that is not there.
        taking = background.call(lambda: self._take(name))
        try:
            lock = taking.result(self.timeout + GRACE)
        except futures.TimeoutError as error:
            taking.add_done_callback(_give_back)
            LOG.error('The backend of the locks does not answer in time')
            raise exception.LockUnavailable() from error
        except BROKEN as error:
            LOG.error('The backend of the locks does not answer: %s', error)
            raise exception.LockUnavailable() from error
        if lock is None:
            LOG.error('The lock %s was not to be had in %s seconds',
                      name.decode(), self.timeout)
            raise exception.LockUnavailable()
        return lock

    def _take(self, name: bytes) -> locking.Lock | None:
        lock = self._started().get_lock(name)
        taken = lock.acquire(blocking=True, timeout=self.timeout)
        return lock if taken else None

    def _release(self, lock: locking.Lock) -> None:
        try:
            released = background.call(lock.release).result(GRACE)
        except (*BROKEN, futures.TimeoutError) as error:
            LOG.warning('A lock is left to expire: %r', error)
        else:
            if not released:
                LOG.warning('The lock %s was lost while it was held', lock)

    def _started(self) -> coordination.CoordinationDriver:
        with self._starting:
            if self._coordinator is None:
                coordinator = self._make_coordinator()
                coordinator.start(start_heart=True)
                self._coordinator = coordinator
            return self._coordinator

    def _make_coordinator(self) -> coordination.CoordinationDriver:
        return coordination.get_coordinator(
            self.url, uuid.uuid4().hex.encode())


def _give_back(taking: futures.Future[locking.Lock | None]) -> None:
    if not taking.exception() and (lock := taking.result()):
        lock.release()


def _lock_name(image_id: str) -> bytes:
    digest = hashlib.sha256(image_id.encode()).hexdigest()
    return f'nova-images-compat-{digest[:LOCK_DIGITS]}'.encode()


def _check_place(url: str) -> None:
    """Make the directory of the file backend; look at the URL of others.

    :raises: OSError: the directory cannot be made or written to
    :raises: ValueError: the URL leads nowhere
    """
    parts = parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        # Its text may hold a part of the password.
        raise ValueError('its port is no port') from None
    if parts.scheme == 'file':
        os.makedirs(parts.path, exist_ok=True)
        if not os.access(parts.path, os.W_OK | os.X_OK):
            raise PermissionError(f'{parts.path} is not writable')
    elif port is None and not (parts.hostname or parts.path):
        raise ValueError('it names neither a host nor a path')
