# SPDX-License-Identifier: Apache-2.0

"""The lock backend, which may be down or hang: every call of it is bounded in
time."""

from collections.abc import Callable
import dataclasses
import os
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
from nova_images_compat.image.glance import lock_ownership
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

# What a backend raises if its server does not answer.
UNANSWERED = (
    coordination.ToozConnectionError, coordination.OperationTimedOut)

FAILED = '[coordination] backend_url: the lock backend failed: %s'


@dataclasses.dataclass(eq=False)
class Taken:
    """A lock that was taken.

    :ivar mark: by which to find out whether it is still held
    """

    name: bytes
    lock: locking.Lock
    mark: Any


class LockBackend:
    """A tooz backend, to which a process connects when it needs the first
    lock.

    Only the thread of a worker uses tooz, and it renews the locks: under
    eventlet, the locks inside tooz and its libraries are safe in one thread
    only.

    After a failure, one call at a time tries the backend, and the others fail
    at once, until a try succeeds.

    :param url: ``[coordination] backend_url``
    :param check: checks the URL, and the directory of files. It is called
        before the first lock is taken, and after a failure until it succeeds
    """

    def __init__(self, url: str, check: Callable[[], None]) -> None:
        self._url = url
        self._check = check
        self._worker = background.Worker(self._renew)
        # Only the worker's thread uses these.
        self._pid = 0
        self._driver: coordination.CoordinationDriver | None = None
        self._ownership = lock_ownership.Ownership()
        self._held: dict[bytes, Taken] = {}
        self._renewal_interval = MAX_RENEWAL_INTERVAL
        self._is_renewing = False
        # Guards the two below.
        self._state_lock = native.module('threading').Lock()
        self._is_failing = False
        self._probe: background.Job[Any] | None = None

    def acquire(self, name: bytes) -> Taken | None:
        """Take a lock, and return it; None if it is not free.

        :raises: LockUnavailable: the backend does not answer
        """
        return self.call(
            lambda driver: self._acquire(driver, name), self._undo_acquire)

    def is_held(self, taken: Taken) -> bool:
        """Return whether a lock is still held.

        :raises: LockUnavailable: the backend does not answer
        """
        return self.call(lambda driver: self._ownership.is_held(
            driver, taken.lock, taken.mark))

    def release(self, taken: Taken) -> bool:
        """Release a lock: now, or as soon as the backend answers again.

        The release is tried in any case: otherwise the lock would be renewed
        for ever.

        :returns: whether the lock was still held
        :raises: LockUnavailable: the backend does not answer yet
        """
        job = self._worker.call(
            lambda: self._release(taken), self._note_late, is_optional=False)
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
            self._note_failure(job, _reason(error))
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
        if self._pid != os.getpid():
            # A fork inherits neither connections nor locks.
            self._pid, self._driver, self._held = os.getpid(), None, {}
        if self._driver is None or self._is_failing:
            self._check()
        if self._driver is None:
            url = _add_options(self._url)
            driver = coordination.get_coordinator(
                url, uuid.uuid4().hex.encode())
            driver.start(start_heart=False)
            self._ownership = lock_ownership.for_url(url)
            self._renewal_interval = _renewal_interval(url)
            self._driver = driver
        return self._driver

    def _acquire(
        self, driver: coordination.CoordinationDriver, name: bytes,
    ) -> Taken | None:
        # memcached would give a lock that it lost to this process again: its
        # owner is the process.
        if name in self._held:
            return None
        lock = driver.get_lock(name)
        if not lock.acquire(blocking=False):
            return None
        taken = self._held[name] = Taken(name, lock, None)
        try:
            taken.mark = self._ownership.mark(driver, lock)
        except BACKEND_ERRORS:
            self._undo_acquire(taken)
            raise
        return taken

    def _release(self, taken: Taken) -> bool:
        if self._held.get(taken.name) is taken:
            del self._held[taken.name]
        return taken.lock.release()

    def _undo_acquire(self, taken: Taken | None) -> None:
        if taken is not None:
            try:
                self._release(taken)
            except BACKEND_ERRORS as error:
                LOG.warning('Cannot release lock %s, which now has to expire: '
                            '%s', taken.name.decode(), _reason(error))

    def _renew(self) -> float | None:
        """Renew the held locks, and return the seconds until the next time;
        None while there is nothing to renew.

        tooz's own heartbeat would also renew locks that were not released
        because the backend failed.
        """
        locks: list[Any] = [
            taken.lock for taken in self._held.values()
            if hasattr(taken.lock, 'heartbeat')]
        if not locks:
            self._is_renewing = False
            return None
        if not self._is_renewing:
            self._is_renewing = True
            return FIRST_RENEWAL
        for lock in locks:
            try:
                lock.heartbeat()
            except UNANSWERED as error:
                LOG.warning('Cannot keep the held locks alive: %s',
                            _reason(error))
                return RENEWAL_RETRY
            except BACKEND_ERRORS as error:
                # The others may still be held.
                LOG.warning('Cannot keep a held lock alive: %s',
                            _reason(error))
        return self._renewal_interval


def _reason(error: BaseException) -> str:
    """Return the text of a backend's error, which may be that of its cause."""
    return str(error) or repr(error.__cause__ or error)


def _renewal_interval(url: str) -> float:
    """Return the seconds between two renewals.

    :param url: a backend's URL that it has accepted
    """
    options = dict(parse.parse_qsl(parse.urlsplit(url).query))
    lifetime = float(options.get('lock_timeout', LOCK_LIFETIME))
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
