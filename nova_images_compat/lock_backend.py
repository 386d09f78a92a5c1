# SPDX-License-Identifier: Apache-2.0

"""The backend of the locks, which may be down, or hang: bounded in time and
in threads."""

from collections.abc import Callable
from concurrent import futures
import threading
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

LOG = log.getLogger(__name__)

Result = TypeVar('Result')

# Seconds for the backend's answer. Its library may go on for a minute.
ANSWER = 2.0

# Seconds after which the lock of a process that died is free again. Those
# that live keep theirs alive twice as often.
LIFE = '6'

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

    After a failure, calls are refused at once until one succeeds: one at a
    time tries.

    :param url: ``[coordination] backend_url``
    :param most_threads: how many threads wait for its answers at most; 0: it
        answers at once, in the caller's own thread
    """

    def __init__(self, url: str, most_threads: int) -> None:
        self._url = url
        self._helpers = background.Helpers(most_threads) if (
            most_threads) else None
        self._starting = threading.Lock()
        self._driver: coordination.CoordinationDriver | None = None
        self._entering = threading.Lock()
        self._is_failing = False
        self._probe: futures.Future[Any] | None = None

    def take(self, name: bytes) -> locking.Lock | None:
        """Take a lock; None if somebody else holds it.

        :raises: LockUnavailable: the backend does not answer
        """
        def acquire(
            driver: coordination.CoordinationDriver,
        ) -> locking.Lock | None:
            lock = driver.get_lock(name)
            return lock if lock.acquire(blocking=False) else None

        return self.call(acquire, _give_back)

    def release(self, lock: locking.Lock) -> bool:
        """Give a lock back: now, or as soon as the backend answers again.

        It is tried in any case. What keeps locks alive would do so for ever
        with one that was forgotten.

        :returns: whether it was still held
        :raises: LockUnavailable: the backend does not answer yet
        """
        if self._helpers is None:
            return self._call_here(lambda driver: lock.release())
        job = self._helpers.call(lock.release)
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
        if self._helpers is None:
            return self._call_here(function)
        with self._entering:
            if self._is_failing and self._probe and not self._probe.done():
                raise exception.LockUnavailable()
            job = self._helpers.call(lambda: function(self._started()))
            if self._is_failing:
                self._probe = job
        try:
            return self._result(job, ANSWER)
        except exception.LockUnavailable:
            if not job.cancel():
                job.add_done_callback(
                    lambda job: job.exception() or undo(job.result()))
            raise

    def _call_here(
        self, function: Callable[[coordination.CoordinationDriver], Result],
    ) -> Result:
        try:
            return function(self._started())
        except BROKEN as error:
            LOG.error(FAILED, error)
            raise exception.LockUnavailable() from error

    def _result(self, job: futures.Future[Result], seconds: float) -> Result:
        """Return what a job comes to, and learn from it.

        :raises: LockUnavailable: it failed, or takes longer; then it goes on
        """
        try:
            result = job.result(seconds)
        except futures.TimeoutError as error:
            self._fail(job, f'it did not answer within {ANSWER:g} seconds')
            job.add_done_callback(self._learn_late)
            raise exception.LockUnavailable() from error
        except BROKEN as error:
            self._fail(job, error)
            raise exception.LockUnavailable() from error
        self._succeed()
        return result

    def _fail(self, job: futures.Future[Any], reason: object) -> None:
        """Note a failure, and tell of it unless it is one of many."""
        with self._entering:
            is_news = not self._is_failing or job is self._probe
            self._is_failing = True
            if job.running():
                # It takes longer than anybody waits: the next answer is its.
                self._probe = job
        if is_news:
            LOG.error(FAILED, reason)

    def _learn_late(self, job: futures.Future[Any]) -> None:
        if not job.cancelled() and not job.exception():
            self._succeed()

    def _succeed(self) -> None:
        with self._entering:
            was_failing, self._is_failing = self._is_failing, False
        if was_failing:
            LOG.warning('The backend of the locks answers again')

    def _started(self) -> coordination.CoordinationDriver:
        with self._starting:
            if self._driver is None:
                driver = coordination.get_coordinator(
                    _with_options(self._url), uuid.uuid4().hex.encode())
                driver.start(start_heart=True)
                self._driver = driver
            return self._driver


def _give_back(lock: locking.Lock | None) -> None:
    if lock is not None:
        try:
            lock.release()
        except BROKEN as error:
            LOG.warning('The lock %s is left to expire: %s', lock.name, error)


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
