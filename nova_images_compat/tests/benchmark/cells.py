# SPDX-License-Identifier: Apache-2.0

"""Measures servers in turns, in short slices of time, so that other load on
the machine affects all of them alike."""

from collections.abc import Callable
from collections.abc import Sequence
from concurrent import futures
import contextlib
import dataclasses
from typing import Any

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import histogram
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import uwsgi

PERCENTILES = (50, 95, 99)

# The values of each slice, from which ratios.py tells how far they scatter.
COMPARED = ('rate', 'p50_ms', 'cpu_ms')

# Puts other load on a server, beside that of wrk.
Beside = Callable[[targets.Target], contextlib.AbstractContextManager[object]]

_THREADS = uwsgi.PROCESSES * uwsgi.THREADS
_ENOUGH = _THREADS


@dataclasses.dataclass(frozen=True)
class Slice:
    """The results of one server under load, for a short time.

    :ivar served: number of requests that it answered, including those that
        wrk did not wait for
    :ivar cpu: CPU time of its workers, in seconds
    :ivar behind_served: number of requests that the server behind it answered
    :ivar behind_cpu: CPU time of the server behind it, in seconds
    """

    run: wrk.Run
    served: int
    cpu: float
    behind_served: int
    behind_cpu: float


@dataclasses.dataclass(frozen=True)
class Behind:
    """The server behind the measured ones: Glance, or a database.

    :ivar pids: of its worker processes
    :ivar log: the path of uWSGI's log; None: it does not run under uWSGI
    """

    pids: Sequence[int]
    log: str | None = None


class Meter:
    """Measures servers under load.

    :param load: generates the load
    :param measured: the servers
    :param behind: the server behind them; None: no server
    """

    def __init__(
        self, load: wrk.Wrk, measured: Sequence[targets.Target],
        behind: Behind | None,
    ) -> None:
        self._wrk = load
        self._targets = measured
        self._behind = behind or Behind(())
        self._pids = {*targets.all_workers(measured), *self._behind.pids}

    def measure(
        self, request: str, connections: int, rounds: int,
        length: wrk.Length,
        make_ids: Callable[[], Sequence[str]] | None = None,
        beside: Beside = contextlib.nullcontext,
    ) -> list[dict[str, Any]]:
        """Return the results of each server that has the request, in order.

        :param request: the name of the request
        :param rounds: the number of slices of each server
        :param length: of one slice
        :param make_ids: called before each slice, returns the ids of images
            to request; None: request the servers' own images
        :param beside: puts other load on the server during a slice
        """
        slices: dict[str, list[Slice]] = {
            target.name: [] for target in self._asked(request)}
        processes.wait_until_still(self._pids)
        for _ in range(rounds):
            for target in self._asked(request):
                ids = make_ids() if make_ids else target.ids_of(request)
                slices[target.name].append(self._measure_slice(
                    target, request, connections, length, ids, beside))
        return [
            {'request': request, 'connections': connections, 'target': name,
             **summarize(measured)}
            for name, measured in slices.items()]

    def warm_up(self, request: str) -> None:
        """Check responses of all servers' threads to a request that reads.
        Check only one response if it is long.
        """
        for target in self._asked(request):
            call = target.asked[request]
            if call.method != 'GET':
                continue
            with futures.ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(target.check, [call] * (
                    1 if call.images == calls.MANY else _ENOUGH)))

    def _asked(self, request: str) -> list[targets.Target]:
        return [target for target in self._targets if request in target.asked]

    def _measure_slice(
        self, target: targets.Target, request: str, connections: int,
        length: wrk.Length, ids: Sequence[str], beside: Beside,
    ) -> Slice:
        """Measure one server. All servers are still before and after it."""
        log = processes.RequestLog(target.log)
        behind_log = self._behind.log and processes.RequestLog(
            self._behind.log)
        cpu = processes.cpu_seconds(target.workers)
        behind_cpu = processes.cpu_seconds(self._behind.pids)
        with beside(target):
            run = self._wrk.run(
                target.url, target.token, target.asked[request], ids,
                connections, length)
        processes.wait_until_still(self._pids)
        return Slice(
            run, log.count_new(),
            processes.cpu_seconds(target.workers) - cpu,
            behind_log.count_new() if behind_log else 0,
            processes.cpu_seconds(self._behind.pids) - behind_cpu)


def summarize(slices: Sequence[Slice]) -> dict[str, Any]:
    """Return the results of several slices together.

    :returns: requests; errors; rate: responses per second; p50_ms and other
        percentiles; cpu_ms: CPU time of the server's workers per request;
        calls: requests to the server behind it, per request; behind_cpu_ms:
        CPU time of the server behind it, per request; slices: the values of
        ``COMPARED`` of each slice
    """
    return {
        **_sum(slices),
        'slices': [
            {name: value for name, value in _sum([one]).items()
             if name in COMPARED} for one in slices]}


def _sum(slices: Sequence[Slice]) -> dict[str, Any]:
    runs = [one.run for one in slices]
    times = histogram.merge(run.times for run in runs)
    requests = sum(run.requests for run in runs)
    served = sum(one.served for one in slices)
    seconds = sum(run.seconds for run in runs)
    errors = sum(run.errors for run in runs)

    def per_request(total: float) -> float | None:
        return total / served if served else None

    def milliseconds(total: float) -> float | None:
        return per_request(1000 * total)

    return {
        'requests': requests,
        'errors': errors,
        'valid': not errors and requests > 0,
        'rate': requests / seconds if requests else 0.0,
        **{f'p{percent}_ms': histogram.percentile(times, percent)
           for percent in PERCENTILES},
        'cpu_ms': milliseconds(sum(one.cpu for one in slices)),
        'calls': per_request(sum(one.behind_served for one in slices)),
        'behind_cpu_ms': milliseconds(
            sum(one.behind_cpu for one in slices)),
    }
