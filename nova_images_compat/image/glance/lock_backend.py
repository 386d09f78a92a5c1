# SPDX-License-Identifier: Apache-2.0

"""The lock backend, which may be down or hang: every call of it is bounded in
time."""

from collections.abc import Callable
from typing import Any
from typing import TypeVar
from urllib import parse
import uuid

from stevedore import exception as stevedore_exception
import tooz
from tooz import coordination
from tooz import locking

from nova_images_compat import background
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import native

LOG = log.getLogger(__name__)

Result = TypeVar('Result')

# Seconds to wait for the backend. Its library may go on for a minute.
ANSWER_TIMEOUT = 2.0

# Seconds after which the lock of a dead process is free. Live processes renew
# theirs at least twice in that time.
LOCK_LIFETIME = '6'

# Seconds from the first lock that is held to the first renewal of all that are
# held then; between two renewals at most; and after a renewal that failed.
FIRST_RENEWAL, MAX_RENEWAL_INTERVAL, RENEWAL_RETRY = 0.25, 3.0, 1.0

# Options that are added to a backend's URL unless it has them: seconds.
_SERVER_OPTIONS = {
    'timeout': '2', 'membership_timeout': LOCK_LIFETIME,
    'lock_timeout': LOCK_LIFETIME}
URL_OPTIONS = {
    'redis': {
        'socket_connect_timeout': '1', 'socket_timeout': '2',
        'membership_timeout': LOCK_LIFETIME, 'lock_timeout': LOCK_LIFETIME},
    'memcached': {**_SERVER_OPTIONS, 'leader_timeout': LOCK_LIFETIME},
    'etcd3+http': _SERVER_OPTIONS,
    'etcd3+https': _SERVER_OPTIONS,
}

# What a backend raises if it is not available, not installed, or, with
# ValueError, if its URL has an invalid option, which it reads late.
BACKEND_ERRORS = (
    tooz.ToozError, OSError, ValueError, ImportError,
    stevedore_exception.NoMatches)

FAILED = '[coordination] backend_url: the lock backend failed: %s'


class LockBackend:
    """A tooz backend, to which a process connects when it needs the first
    lock.

    Only the thread of a worker uses tooz, and it renews the locks: under
    eventlet, the locks inside tooz and its libraries are safe in one thread
    only.

    After a failure, one call at a time tries the backend, and the others fail
    at once, until a try succeeds.

    :param url: ``[coordination] backend_url``
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._worker = background.Worker(self._renew)
        # Only the worker's thread uses these three.
        self._driver: coordination.CoordinationDriver | None = None
        self._held: set[locking.Lock] = set()
        self._is_renewing = False
        # Guards the two below.
        self._state_lock = native.module('threading').Lock()
        self._is_failing = False
        self._probe: background.Job[Any] | None = None

    def acquire(self, name: bytes) -> locking.Lock | None:
        """Take a lock, and return it; None if somebody else holds it.

        :raises: LockUnavailable: the backend does not answer
        """
        def acquire(
            driver: coordination.CoordinationDriver,
        ) -> locking.Lock | None:
            lock = driver.get_lock(name)
            if not lock.acquire(blocking=False):
                return None
            self._held.add(lock)
            return lock

        return self.call(acquire, self._undo_acquire)

    def release(self, lock: locking.Lock) -> bool:
        """Release a lock: now, or as soon as the backend answers again.

        The release is tried in any case: otherwise the lock would be renewed
        for ever.

        :returns: whether the lock was still held
        :raises: LockUnavailable: the backend does not answer yet
        """
        job = self._worker.call(
            lambda: self._release(lock), self._note_late, is_optional=False)
        return self._result(job, 0 if self._is_failing else ANSWER_TIMEOUT)

    def call(
        self,
        function: Callable[[coordination.CoordinationDriver], Result],
        undo: Callable[[Result], Any] = lambda result: None,
    ) -> Result:
        """Call a function with the backend's driver.

        :param undo: called with a result that comes too late
        :raises: LockUnavailable: the backend does not answer, or it failed
            before and another call is trying it
        """
        def on_late(result: Any, error: BaseException | None) -> None:
            self._note_late(result, error)
            if error is None:
                undo(result)

        with self._state_lock:
            if self._is_failing and self._probe and not self._probe.is_done:
                raise exception.LockUnavailable()
            job = self._worker.call(
                lambda: function(self._connect()), on_late)
            if self._is_failing:
                self._probe = job
        return self._result(job, ANSWER_TIMEOUT)

    def _result(self, job: background.Job[Result], seconds: float) -> Result:
        """Return a job's result, and note whether the backend failed.

        :raises: LockUnavailable: the job failed, or takes longer
        """
        try:
            result = job.result(seconds)
        except TimeoutError as error:
            self._note_failure(job, str(error) or (
                f'it did not answer within {ANSWER_TIMEOUT:g} seconds'))
            raise exception.LockUnavailable() from error
        except BACKEND_ERRORS as error:
            self._note_failure(job, error)
            raise exception.LockUnavailable() from error
        self._note_success()
        return result

    def _note_failure(self, job: background.Job[Any], reason: object) -> None:
        """Log a failure, unless it only follows from an earlier one."""
        with self._state_lock:
            is_news = not self._is_failing or job is self._probe
            self._is_failing = True
            if job.is_running:
                # It still runs: whether the backend answers is seen from it.
                self._probe = job
        if is_news:
            LOG.error(FAILED, reason)

    def _note_late(self, result: Any, error: BaseException | None) -> None:
        if error is None:
            self._note_success()

    def _note_success(self) -> None:
        with self._state_lock:
            was_failing, self._is_failing = self._is_failing, False
        if was_failing:
            LOG.warning('The lock backend answers again')

    def _connect(self) -> coordination.CoordinationDriver:
        if self._driver is None:
            driver = coordination.get_coordinator(
                _add_options(self._url), uuid.uuid4().hex.encode())
            driver.start(start_heart=False)
            self._driver = driver
        return self._driver

    def _release(self, lock: locking.Lock) -> bool:
        self._held.discard(lock)
        return lock.release()

    def _undo_acquire(self, lock: locking.Lock | None) -> None:
        if lock is not None:
            try:
                self._release(lock)
            except BACKEND_ERRORS as error:
                LOG.warning('Cannot release lock %s, which now has to expire: '
                            '%s', lock.name, error)

    def _renew(self) -> float | None:
        """Renew the held locks, and return the seconds until the next time;
        None while there is nothing to renew.
        """
        driver = self._driver
        if driver is None or not self._held or not driver.requires_beating:
            self._is_renewing = False
            return None
        if not self._is_renewing:
            self._is_renewing = True
            return FIRST_RENEWAL
        try:
            lifetime = driver.heartbeat() or float(LOCK_LIFETIME)
        except BACKEND_ERRORS as error:
            LOG.warning('Cannot keep the held locks alive: %s', error)
            return RENEWAL_RETRY
        return min(lifetime / 2, MAX_RENEWAL_INTERVAL)


def _add_options(url: str) -> str:
    """Return a backend's URL with the options of ``URL_OPTIONS`` that it does
    not have.
    """
    parts = parse.urlsplit(url)
    present = {name for name, _ in parse.parse_qsl(
        parts.query, keep_blank_values=True)}
    missing = {
        name: value for name, value in URL_OPTIONS.get(
            parts.scheme, {}).items() if name not in present}
    if not missing:
        return url
    query = '&'.join(filter(None, (parts.query, parse.urlencode(missing))))
    return parse.urlunsplit(parts._replace(query=query))
