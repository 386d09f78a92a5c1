# SPDX-License-Identifier: Apache-2.0

"""Counts the calls of the API: ``[usage_counts]``.

Counting a call increments a number in memory. The first call starts a thread
in its process. The thread adds the numbers to the database's table at each
``[usage_counts] interval``, and when the process ends.
"""

import atexit
from collections.abc import Mapping
import datetime
import os

from oslo_config import cfg
from oslo_db import api as db_api

from nova_images_compat.db import driver_errors
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import models
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import native
from nova_images_compat.usage import agents
from nova_images_compat.usage import ledger

LOG = log.getLogger(__name__)

# The user agent of the calls beyond [usage_counts] max_counters.
OTHER = 'other'

# The most user agents in a day that differ only in versions, of each process.
# The next ones count as one.
MAX_VERSIONS = 100

# The share of the counters that only known clients get: another one, which
# varies its user agent, must not hide them.
FOR_KNOWN_CLIENTS = 0.25

# The most rows of a transaction, and how often it is retried after a deadlock.
BATCH = 500
RETRIES = 10

# Seconds that a process waits for its last write before it ends.
LAST_WRITE = 5.0


class UsageCounter:
    """Counts the calls of one application, in each process that runs it.

    A database that is not reachable is logged as a warning.

    :param conf: the service's configuration
    :raises: DatabaseNotReady: the database is reachable but has no table of
        the counts
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        _check_database(conf)
        self._conf = conf
        self._writers: dict[int, _Writer] = {}

    def count(
        self, project_id: str | None, user_agent: str, operation: str,
        microversion: str,
    ) -> None:
        """Count a call of today.

        :param user_agent: as the client sent it; its unprintable characters
            are removed, and it is cut to the column's length
        :param operation: such as "images:show"
        """
        call = ledger.Call(
            datetime.datetime.now(datetime.UTC).date(),
            ledger.printable(project_id or '')[:models.MAX_NAME],
            ledger.printable(user_agent[:models.MAX_USER_AGENT]).strip(),
            operation, microversion)
        writer = self._writers.get(os.getpid())
        if writer is None or not writer.is_started:
            writer = self._start_writer()
        writer.tally.add(call)

    def close(self) -> None:
        """Write the counts of this process, and end its thread."""
        writer = self._writers.pop(os.getpid(), None)
        if writer is not None:
            writer.close()

    def _start_writer(self) -> '_Writer':
        pid = os.getpid()
        writer = self._writers.setdefault(pid, _Writer(self._conf))
        # A parent process writes its counts itself.
        for other in list(self._writers):
            if other != pid:
                self._writers.pop(other, None)
        writer.start()
        return writer


class Tally:
    """A bounded number of counters in memory.

    A call whose user agent gets no counter of its own counts under the user
    agent without versions, then under that of its client, then under "other".

    :param limit: the most counters, not including those of the user agent
        "other"
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._for_all = limit - int(limit * FOR_KNOWN_CLIENTS)
        self._lock = native.module('threading').Lock()
        self._counts: dict[ledger.Call, int] = {}
        self._begin(datetime.date.min)

    def _begin(self, day: datetime.date) -> None:
        self._day = day
        # The calls that have a row of the day, or will get one.
        self._known: set[ledger.Call] = set()
        # The user agents of these, by what they are without versions.
        self._versions: dict[str, set[str]] = {}

    def add(self, call: ledger.Call) -> None:
        """Count a call."""
        with self._lock:
            try:
                self._counts[call] += 1
            except KeyError:
                if call.day > self._day:
                    self._begin(call.day)
                self._count(call, 1)

    def take(self) -> dict[ledger.Call, int]:
        """Return the counts, and start again from zero."""
        with self._lock:
            taken, self._counts = self._counts, {}
        return taken

    def give_back(self, counts: Mapping[ledger.Call, int]) -> None:
        """Add counts that were taken but could not be written."""
        with self._lock:
            for call, calls in counts.items():
                self._count(call, calls)

    def _count(self, call: ledger.Call, calls: int) -> None:
        """Add calls to the first counter that there is or that has room."""
        group = agents.without_versions(call.user_agent)
        own = self._versions.get(group, ())
        if call.user_agent in own or len(own) < MAX_VERSIONS:
            if self._is_admitted(call, self._for_all):
                self._versions.setdefault(group, set()).add(call.user_agent)
                self._add(call, calls)
                return
        grouped = call._replace(user_agent=group)
        if not self._is_admitted(grouped, self._for_all):
            client = agents.of_client(call.user_agent)
            grouped = call._replace(user_agent=client or OTHER)
            if client and not self._is_admitted(grouped, self._limit):
                grouped = call._replace(user_agent=OTHER)
        self._add(grouped, calls)

    def _is_admitted(self, call: ledger.Call, limit: int) -> bool:
        """Say whether a call has a counter, or gets one.

        :param limit: the most counters for calls like this
        """
        if call in self._counts:
            return True
        if call in self._known or call.day < self._day:
            return len(self._counts) < self._limit
        if max(len(self._counts), len(self._known)) >= limit:
            return False
        self._known.add(call)
        return True

    def _add(self, call: ledger.Call, calls: int) -> None:
        self._counts[call] = self._counts.get(call, 0) + calls


class _Writer:
    """Writes the counts of one process.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.tally = Tally(conf.usage_counts.max_counters)
        self.is_started = False
        self._conf = conf
        self._interval: int = conf.usage_counts.interval
        self._pid = os.getpid()
        threading = native.module('threading')
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name='usage', daemon=True)
        self._database: db_engine.Database | None = None
        self._is_failing = False

    def start(self) -> None:
        """Start the thread unless it runs. If it cannot be started, the next
        call tries again.
        """
        with self._starting:
            if self.is_started:
                return
            try:
                self._thread.start()
            except RuntimeError as error:
                self._warn(error)
                return
            atexit.register(self.close)
            self.is_started = True

    def close(self) -> None:
        """Let the thread write the remaining counts, and wait for it: at
        most ``LAST_WRITE`` seconds.
        """
        if self._pid != os.getpid() or not self.is_started:
            return
        atexit.unregister(self.close)
        self._stopping.set()
        self._thread.join(LAST_WRITE)
        if lost := self.tally.take():
            LOG.warning('The counts of %d calls are lost',
                        sum(lost.values()))

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            self._write()
        self._write()
        if self._database is not None:
            self._database.dispose()

    def _write(self) -> None:
        """Write the counts; keep them in memory if that fails."""
        counts = self.tally.take()
        if not counts:
            return
        try:
            if self._database is None:
                self._database = db_engine.Database(self._conf, retry=False)
            calls = sorted(counts)
            for start in range(0, len(calls), BATCH):
                batch = calls[start:start + BATCH]
                _add(self._database, {call: counts[call] for call in batch})
                for call in batch:
                    del counts[call]
        except Exception as error:
            self.tally.give_back(counts)
            self._warn(error)
            return
        if self._is_failing:
            LOG.warning('The counts of calls are written again')
        self._is_failing = False

    def _warn(self, error: Exception) -> None:
        """Log a failure, unless the last write failed, too."""
        if not self._is_failing:
            LOG.warning('The counts of calls cannot be written, and are kept '
                        'in memory: %s', driver_errors.reason(error))
        self._is_failing = True


@db_api.wrap_db_retry(
    max_retries=RETRIES, retry_interval=0.05, inc_retry_interval=True,
    max_retry_interval=1, retry_on_deadlock=True)
def _add(
    database: db_engine.Database, counts: Mapping[ledger.Call, int],
) -> None:
    with database.writer() as connection:
        ledger.add(connection, counts)


def _check_database(conf: cfg.ConfigOpts) -> None:
    try:
        db_engine.Database(conf, retry=False).dispose()
    except exception.DatabaseUnreachable as error:
        LOG.warning('The counts of calls cannot be written yet: %s', error)
