# SPDX-License-Identifier: Apache-2.0

"""Locks of images, which hold across processes and, with a server, hosts."""

from collections.abc import Iterator
import contextlib
import functools
import getpass
import hashlib
import os
import random
import tempfile
import time
from urllib import parse

from oslo_config import cfg
from tooz import coordination

from nova_images_compat import exception
from nova_images_compat.image.glance import lock_backend
from nova_images_compat import log

LOG = log.getLogger(__name__)

# The file backend never deletes the file of a lock. So images share locks:
# there is one for each value of this many hexadecimal digits.
LOCK_DIGITS = 3

# Seconds between two attempts to take a lock that somebody else holds: they
# grow from the first to the second.
FIRST_WAIT, MAX_WAIT = 0.005, 0.1

FILE = 'file'


class ImageLocks:
    """The locks of ``[coordination]``.

    The backend is not used before the first lock is taken.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options = conf.coordination
        self.url: str = options.backend_url
        self.timeout: float = options.lock_timeout
        self._backend = lock_backend.LockBackend(
            self.url, functools.partial(_check_url, self.url))

    @property
    def is_in_files(self) -> bool:
        """Whether the locks are files, which hold on this host only."""
        return self.url.partition(':')[0].lower() == FILE

    def check(self) -> None:
        """Check the configuration, without connecting to a server or writing
        a file.

        :raises: ConfigurationError: the backend cannot be used
        """
        try:
            _check_url(self.url)
            coordination.get_coordinator(self.url, b'check')
        except lock_backend.BACKEND_ERRORS as error:
            raise exception.ConfigurationError(
                f'[coordination] backend_url: {error}') from error

    @contextlib.contextmanager
    def hold(self, image_id: str) -> Iterator['HeldLock']:
        """Take the lock of an image, and release it at the end.

        :raises: LockUnavailable: it is not free within ``[coordination]
            lock_timeout`` seconds, or the backend does not answer
        """
        lock = self._acquire(lock_name(image_id))
        try:
            yield HeldLock(self._backend, lock)
        finally:
            self._release(lock)

    def _acquire(self, name: bytes) -> lock_backend.Taken:
        deadline = time.monotonic() + self.timeout
        wait = FIRST_WAIT
        while True:
            lock = self._backend.acquire(name)
            if lock is not None:
                return lock
            left = deadline - time.monotonic()
            if left <= 0:
                LOG.error('Timed out after %s seconds waiting for lock %s',
                          self.timeout, name.decode())
                raise exception.LockUnavailable()
            # A random part keeps processes from asking all at once.
            time.sleep(min(left, wait * random.uniform(0.5, 1)))
            wait = min(wait * 1.5, MAX_WAIT)

    def _release(self, lock: lock_backend.Taken) -> None:
        try:
            released = self._backend.release(lock)
        except exception.LockUnavailable:
            LOG.warning('Lock %s stays locked until the lock backend answers '
                        'again, or until it expires', lock.name.decode())
        else:
            if not released:
                LOG.warning(
                    'Lock %s was lost while it was held', lock.name.decode())


class HeldLock:
    """A lock that was taken, and may have been lost since.

    :param backend: the backend that has the lock
    :param lock: the lock
    """

    def __init__(
        self, backend: lock_backend.LockBackend, lock: lock_backend.Taken,
    ) -> None:
        self._backend = backend
        self._lock = lock

    def check(self) -> None:
        """Check that the lock is still held.

        :raises: LockUnavailable: it is not, or the backend does not answer
        """
        if not self._backend.is_held(self._lock):
            LOG.error('Lock %s was lost while it was held; nothing is written',
                      self._lock.name.decode())
            raise exception.LockUnavailable()


def lock_name(image_id: str) -> bytes:
    """Return the name of the lock of an image."""
    digest = hashlib.sha256(image_id.encode()).hexdigest()
    return f'nova-images-compat-{digest[:LOCK_DIGITS]}'.encode()


def _check_url(url: str) -> None:
    """Check the URL of a backend, and the directory if it is one of files.

    :raises: OSError: the directory cannot be created or written to
    :raises: ValueError: the URL names no directory or server
    """
    parts = parse.urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        # The text of this error may contain a part of the password.
        raise ValueError('the port is not a port number') from None
    if parts.scheme == FILE:
        if not parts.path.startswith('/') or parts.netloc:
            raise ValueError('the URL has no absolute path of a directory')
        _check_directory(parts.path)
    elif port is None and not (parts.hostname or parts.path):
        raise ValueError('the URL has neither a host nor a path')


def _check_directory(path: str) -> None:
    """Check that this user can write to a directory, or can create it.

    :raises: OSError: they cannot
    """
    existing = path
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        raise NotADirectoryError(f'{path}: {existing} is not a directory')
    try:
        # This file has no name, and disappears when it is closed.
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise PermissionError(
            f'{path}: the user {getpass.getuser()} cannot write to '
            f'{existing}: {error.strerror}') from error
