# SPDX-License-Identifier: Apache-2.0

"""The backend of the locks, which may be down, or hang: nobody waits for it
longer than a bounded time."""

from collections.abc import Callable
import time
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

# Seconds for the backend's answer. Its library may go on for a minute.
ANSWER = 2.0

# Seconds after which the lock of a process that died is free again. Those
# that live keep theirs alive twice as often.
LIFE = '6'

# Seconds until the first beat that keeps a lock alive, which most are given
# back before, between two beats at most, and after one that failed.
FIRST_BEAT, LONGEST_BEAT, BEAT_AGAIN = 0.25, 3.0, 1.0

# Options of a URL, unless it has them: seconds.
_SERVER = {'timeout': '2', 'membership_timeout': LIFE, 'lock_timeout': LIFE}
URL_OPTIONS = {
    'redis': {
        'socket_connect_timeout': '1', 'socket_timeout': '2',
        'membership_timeout': LIFE, 'lock_timeout': LIFE},
    'memcached': {**_SERVER, 'leader_timeout': LIFE},
    'etcd3+http': _SERVER,
    'etcd3+https': _SERVER,
}

# What a backend fails with. ValueError: an option in its URL, which it reads
# late; the rest: it is not there.
BROKEN = (tooz.ToozError, OSError, ValueError, ImportError,
          stevedore_exception.NoMatches)

FAILED = '[coordination] backend_url: the backend of the locks failed: %s'


class LockBackend:
    """A tooz backend, connected to by the process that first needs it.

    One thread has it to itself, and keeps its locks alive: under eventlet,
    what tooz and its libraries lock is safe in one thread only.

    After a failure, calls are refused at once until one succeeds: one at a
    time tries.

    :param url: ``[coordination] backend_url``
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._worker = background.Worker(self._keep_alive)
        # These three are the worker's.
        self._driver: coordination.CoordinationDriver | None = None
        self._held: set[locking.Lock] = set()
        self._beat_at = 0.0
        self._entering = native.module('threading').Lock()
        self._is_failing = False
        self._probe: background.Job[Any] | None = None

    def take(self, name: bytes) -> locking.Lock | None:
        """Take a lock; None if somebody else holds it.

        :raises: LockUnavailable: the backend does not answer
        """
        def acquire(
            driver: coordination.CoordinationDriver,
        ) -> locking.Lock | None:
            lock = driver.get_lock(name)
            if not lock.acquire(blocking=False):
                return None
            if not self._held:
                self._beat_at = time.monotonic() + FIRST_BEAT
            self._held.add(lock)
            return lock

        return self.call(acquire, self._give_back)

    def release(self, lock: locking.Lock) -> bool:
        """Give a lock back: now, or as soon as the backend answers again.

        It is tried in any case. What keeps locks alive would do so for ever
        with one that was forgotten.

        :returns: whether it was still held
        :raises: LockUnavailable: the backend does not answer yet
        """
        job = self._worker.call(
            lambda: self._release(lock), self._learn_late, is_optional=False)
        return self._result(job, 0 if self._is_failing else ANSWER)

    def call(
        self,
        function: Callable[[coordination.CoordinationDriver], Result],
        undo: Callable[[Result], Any] = lambda result: None,
    ) -> Result:
        """Do something with the backend.

        :param undo: is called with a result that comes too late
        :raises: LockUnavailable: the backend does not answer, or failed last
            time and is being tried
        """
        def on_late(result: Any, error: BaseException | None) -> None:
            self._learn_late(result, error)
            if error is None:
                undo(result)

        with self._entering:
            if self._is_failing and self._probe and not self._probe.is_done:
                raise exception.LockUnavailable()
            job = self._worker.call(
                lambda: function(self._started()), on_late)
            if self._is_failing:
                self._probe = job
        return self._result(job, ANSWER)

    def _result(self, job: background.Job[Result], seconds: float) -> Result:
        """Return what a job comes to, and learn from it.

        :raises: LockUnavailable: it failed, or takes longer
        """
        try:
            result = job.result(seconds)
        except TimeoutError as error:
            self._fail(job, str(error) or (
                f'it did not answer within {ANSWER:g} seconds'))
            raise exception.LockUnavailable() from error
        except BROKEN as error:
            self._fail(job, error)
            raise exception.LockUnavailable() from error
        self._succeed()
        return result

    def _fail(self, job: background.Job[Any], reason: object) -> None:
        """Note a failure, and tell of it unless it is one of many."""
        with self._entering:
            is_news = not self._is_failing or job is self._probe
            self._is_failing = True
            if job.is_running:
                # It takes longer than anybody waits: the next answer is its.
                self._probe = job
        if is_news:
            LOG.error(FAILED, reason)

    def _learn_late(self, result: Any, error: BaseException | None) -> None:
        if error is None:
            self._succeed()

    def _succeed(self) -> None:
        with self._entering:
            was_failing, self._is_failing = self._is_failing, False
        if was_failing:
            LOG.warning('The backend of the locks answers again')

    def _started(self) -> coordination.CoordinationDriver:
        if self._driver is None:
            driver = coordination.get_coordinator(
                _with_options(self._url), uuid.uuid4().hex.encode())
            driver.start(start_heart=False)
            self._driver = driver
        return self._driver

    def _release(self, lock: locking.Lock) -> bool:
        self._held.discard(lock)
        return lock.release()

    def _give_back(self, lock: locking.Lock | None) -> None:
        if lock is not None:
            try:
                self._release(lock)
            except BROKEN as error:
                LOG.warning(
                    'The lock %s is left to expire: %s', lock.name, error)

    def _keep_alive(self) -> float | None:
        """Keep the locks alive that are held, if it is time to, and return the
        seconds until it is; None while nothing needs it.
        """
        driver = self._driver
        if driver is None or not self._held or not driver.requires_beating:
            return None
        left = self._beat_at - time.monotonic()
        if left <= 0:
            left = self._beat(driver)
            self._beat_at = time.monotonic() + left
        return left

    def _beat(self, driver: coordination.CoordinationDriver) -> float:
        try:
            life = driver.heartbeat() or float(LIFE)
        except BROKEN as error:
            LOG.warning('The locks are not kept alive: %s', error)
            return BEAT_AGAIN
        return min(life / 2, LONGEST_BEAT)


def _with_options(url: str) -> str:
    """Return a backend's URL with our options, where it has none of its
    own.
    """
    parts = parse.urlsplit(url)
    own = {name for name, _ in parse.parse_qsl(
        parts.query, keep_blank_values=True)}
    options = {
        name: value for name, value in URL_OPTIONS.get(
            parts.scheme, {}).items() if name not in own}
    query = '&'.join(filter(None, (parts.query, parse.urlencode(options))))
    return parse.urlunsplit(parts._replace(query=query)) if options else url
