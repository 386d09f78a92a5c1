# SPDX-License-Identifier: Apache-2.0

"""Measures servers in turn, a slice of time each, so that what else happens
on the machine meets all of them."""

from collections.abc import Callable
from collections.abc import Sequence
from concurrent import futures
import dataclasses
from typing import Any

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import histogram
from nova_images_compat.tests.benchmark import processes
from nova_images_compat.tests.benchmark import targets
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import uwsgi

PERCENTILES = (50, 95, 99)

_THREADS = uwsgi.PROCESSES * uwsgi.THREADS
_ENOUGH = _THREADS


@dataclasses.dataclass(frozen=True)
class Slice:
    """One server under load, for a while.

    :ivar served: the requests that it answered, also those that wrk did not
        wait for
    :ivar cpu: the seconds that its workers spent on them
    :ivar behind_served: the requests that the server behind it answered
    :ivar behind_cpu: the seconds that the server behind it spent
    """

    run: wrk.Run
    served: int
    cpu: float
    behind_served: int
    behind_cpu: float


@dataclasses.dataclass(frozen=True)
class Behind:
    """What the servers that are measured ask: Glance, or a database.

    :ivar pids: of its processes that work
    :ivar log: the path of uWSGI's log, if that runs it
    """

    pids: Sequence[int]
    log: str | None = None


class Meter:
    """Measures servers under load.

    :param load: drives them
    :param measured: the servers
    :param behind: what they ask
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
    ) -> list[dict[str, Any]]:
        """Return what each server did, in order.

        :param request: what they are asked for
        :param rounds: the number of slices of each server
        :param length: of one slice
        :param make_ids: makes images that are asked for instead of the
            servers' own, before each slice
        """
        slices: dict[str, list[Slice]] = {
            target.name: [] for target in self._targets}
        for _ in range(rounds):
            for target in self._targets:
                ids = make_ids() if make_ids else target.ids
                slices[target.name].append(self._measure_slice(
                    target, request, connections, length, ids))
        return [
            {'request': request, 'connections': connections, 'target': name,
             **summarize(measured)}
            for name, measured in slices.items()]

    def warm_up(self, request: str) -> None:
        """Look at the servers' answers, so many that each of their threads
        gives some; unless these are long, or not those of reading.
        """
        for target in self._targets:
            call = target.asked[request]
            if call.method != 'GET':
                continue
            with futures.ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(target.check, [call] * (
                    1 if call.images == calls.MANY else _ENOUGH)))

    def _measure_slice(
        self, target: targets.Target, request: str, connections: int,
        length: wrk.Length, ids: Sequence[str],
    ) -> Slice:
        processes.wait_until_still(self._pids)
        log = processes.RequestLog(target.log)
        behind_log = self._behind.log and processes.RequestLog(
            self._behind.log)
        cpu = processes.cpu_seconds(target.workers)
        behind_cpu = processes.cpu_seconds(self._behind.pids)
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
    """Return what several slices say together.

    :returns: requests; errors; rate: answers a second; p50_ms and so on;
        cpu_ms: milliseconds of the server's workers a request; calls: of
        what is behind it a request; behind_cpu_ms
    """
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
