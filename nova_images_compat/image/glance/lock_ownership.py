# SPDX-License-Identifier: Apache-2.0

"""Finds out whether a lock that was taken is still held.

tooz answers this for Redis, memcached and files. For etcd, it only knows that
it once took the lock.
"""

from typing import Any
from urllib import parse

import tooz
from tooz import coordination
from tooz import locking

ETCD = ('etcd3+http', 'etcd3+https')


class Ownership:
    """Asks tooz."""

    def mark(
        self, driver: coordination.CoordinationDriver, lock: locking.Lock,
    ) -> Any:
        """Return what ``is_held`` needs of a lock that was just taken."""
        return None

    def is_held(
        self, driver: coordination.CoordinationDriver, lock: Any, mark: Any,
    ) -> bool:
        """Return whether a lock is still held.

        :param mark: what ``mark`` returned
        """
        try:
            return bool(lock.is_still_owner())
        except tooz.NotImplemented:
            # A database's locks are held as long as its connection.
            return bool(lock.acquired)


class EtcdOwnership(Ownership):
    """Asks etcd for the value of the lock's key, which tooz makes unique.

    The first value is the lock's own: ``LockBackend`` gives a lock back that
    was not taken within a few seconds, and an etcd lock lives longer.
    """

    def mark(
        self, driver: coordination.CoordinationDriver, lock: locking.Lock,
    ) -> Any:
        return self._values(driver, lock)

    def is_held(
        self, driver: coordination.CoordinationDriver, lock: Any, mark: Any,
    ) -> bool:
        return bool(mark) and bool(self._values(driver, lock) == mark)

    def _values(self, driver: Any, lock: Any) -> list[bytes]:
        """Return the values of a lock's key: one, or none.

        :raises: ToozError: etcd does not answer, or answers an error
        """
        from etcd3gw import exceptions
        try:
            values: list[bytes] = driver.client.get(
                (lock.LOCK_PREFIX + lock.name).decode())
        except exceptions.Etcd3Exception as error:
            raise tooz.ToozError(str(error) or repr(error)) from error
        return values


def for_url(url: str) -> Ownership:
    """Return what answers for the backend of a URL."""
    if parse.urlsplit(url).scheme in ETCD:
        return EtcdOwnership()
    return Ownership()
