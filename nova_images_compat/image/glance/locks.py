# SPDX-License-Identifier: Apache-2.0

"""Locks that hold across the processes and hosts of the service."""

from collections.abc import Iterator
import contextlib
import getpass
import hashlib
import os
import random
import tempfile
import time
from typing import Any
from urllib import parse

from oslo_config import cfg
from stevedore import exception as stevedore_exception
import tooz
from tooz import coordination
from tooz import locking

from nova_images_compat import exception
from nova_images_compat.image.glance import lock_backend
from nova_images_compat import log

LOG = log.getLogger(__name__)

# The file backend keeps a file for every lock there has ever been. So images
# share locks: there is one for each value of so many hexadecimal digits.
LOCK_DIGITS = 3

# Seconds between two attempts to get a lock that somebody else holds: they
# grow from the first to the second.
FIRST_WAIT, LAST_WAIT = 0.005, 0.1

FILE = 'file'


class ImageLocks:
    """``[coordination]``: a lock for each image, or nearly so.

    Nothing is looked at or made before a lock is asked for.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options = conf.coordination
        self.url: str = options.backend_url
        self.timeout: float = options.lock_timeout
        self._backend = lock_backend.LockBackend(self.url)

    @property
    def is_in_files(self) -> bool:
        """Whether the locks are files, which hold on this host alone."""
        return self.url.partition(':')[0].lower() == FILE

    def check(self) -> None:
        """Check what can be known without reaching a server, and change
        nothing.

        :raises: ConfigurationError
        """
        try:
            _check_place(self.url)
            coordination.get_coordinator(self.url, b'check')
        except (tooz.ToozError, OSError, ValueError, ImportError,
                stevedore_exception.NoMatches) as error:
            raise exception.ConfigurationError(
                f'[coordination] backend_url: {error}') from error

    @contextlib.contextmanager
    def hold(self, image_id: str) -> Iterator['HeldLock']:
        """Hold the lock of an image.

        :raises: LockUnavailable: it could not be had in time
        """
        if self.is_in_files:
            try:
                _check_place(self.url)
            except (OSError, ValueError) as error:
                LOG.error(lock_backend.FAILED, error)
                raise exception.LockUnavailable() from error
        lock = self._acquire(_lock_name(image_id))
        try:
            yield HeldLock(self._backend, lock)
        finally:
            self._release(lock)

    def _acquire(self, name: bytes) -> locking.Lock:
        deadline = time.monotonic() + self.timeout
        wait = FIRST_WAIT
        while True:
            lock = self._backend.take(name)
            if lock is not None:
                return lock
            left = deadline - time.monotonic()
            if left <= 0:
                LOG.error('Timed out after %s seconds waiting for lock %s',
                          self.timeout, name.decode())
                raise exception.LockUnavailable()
            # At random, so that those who wait do not ask all at once.
            time.sleep(min(left, wait * random.uniform(0.5, 1)))
            wait = min(wait * 1.5, LAST_WAIT)

    def _release(self, lock: locking.Lock) -> None:
        try:
            released = self._backend.release(lock)
        except exception.LockUnavailable:
            LOG.warning('The lock %s is left until the backend answers again, '
                        'or until it expires', lock.name)
        else:
            if not released:
                LOG.warning('The lock %s was lost while it was held',
                            lock.name)


class HeldLock:
    """A lock that is held, as far as its holder knows.

    :param backend: where it is
    :param lock: the lock
    """

    def __init__(
        self, backend: lock_backend.LockBackend, lock: locking.Lock,
    ) -> None:
        self._backend = backend
        self._lock = lock

    def check(self) -> None:
        """Ask the backend whether the lock is still held.

        :raises: LockUnavailable: it is not, or the backend does not answer
        """
        if not self._backend.call(lambda driver: _is_held(self._lock)):
            LOG.error('The lock %s was lost while it was held; nothing is '
                      'written', self._lock.name)
            raise exception.LockUnavailable()


def _is_held(lock: Any) -> bool:
    try:
        return lock.is_still_owner()
    except tooz.NotImplemented:
        # etcd's locks can be kept alive instead; those of a database hold as
        # long as its connection.
        beat = getattr(lock, 'heartbeat', None)
        return beat() if beat else lock.acquired


def _lock_name(image_id: str) -> bytes:
    digest = hashlib.sha256(image_id.encode()).hexdigest()
    return f'nova-images-compat-{digest[:LOCK_DIGITS]}'.encode()


def _check_place(url: str) -> None:
    """Look at the directory of the file backend, or at the URL of others.

    :raises: OSError: the directory cannot be made or written to
    :raises: ValueError: the URL leads nowhere
    """
    parts = parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        # Its text may hold a part of the password.
        raise ValueError('its port is not a port number') from None
    if parts.scheme == FILE:
        if not parts.path.startswith('/') or parts.netloc:
            raise ValueError('it names no directory')
        _check_directory(parts.path)
    elif port is None and not (parts.hostname or parts.path):
        raise ValueError('it names neither a host nor a path')


def _check_directory(path: str) -> None:
    """Check that this user can write to a directory, or make it.

    :raises: OSError
    """
    there = path
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        raise NotADirectoryError(f'{path}: {there} is not a directory')
    try:
        # A file without a name: it is gone with its descriptor.
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise PermissionError(
            f'{path}: the user {getpass.getuser()} cannot write to {there}: '
            f'{error.strerror}') from error
