# SPDX-License-Identifier: Apache-2.0

"""Generates load with wrk, and parses its results."""

from collections.abc import Sequence
from collections import Counter
import dataclasses
import itertools
import json
import os
import pathlib

from nova_images_compat.tests.benchmark import calls
from nova_images_compat.tests.benchmark import histogram
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

SCRIPT = pathlib.Path(__file__).with_name('load.lua')

# Longer than any request should take: a longer one is an error.
TIMEOUT = '60s'

# The maximum length of a run, in seconds; load.lua ends it earlier.
LONGEST = 120

# The maximum number of different numbers in the bodies of a run.
_NUMBERS = 1_000_000

_ERRORS = ('refused', 'connect', 'read', 'write', 'timeout')


def find_program() -> str:
    """Return the path of wrk.

    :raises: MissingProgram: if it is not installed
    """
    return process.find_program('wrk', 'wrk')


@dataclasses.dataclass(frozen=True)
class Length:
    """When a run ends.

    :ivar seconds: minimum length; the run goes on until the connections have
        two responses each, on average
    :ivar limit: maximum number of requests; each image is requested at most
        once if there are enough images; None: no limit
    """

    seconds: int
    limit: int | None = None


@dataclasses.dataclass(frozen=True)
class Run:
    """The results of one run.

    :ivar requests: number of requests that were answered
    :ivar seconds: from the first request to the last response
    :ivar errors: number of responses other than 2xx, of failures and timeouts
    :ivar times: response times, in microseconds
    """

    requests: int
    seconds: float
    errors: int
    times: Counter[int]


class Wrk:
    """Runs wrk, with one thread.

    :param account: starts it
    :param directory: an existing directory for its files
    """

    def __init__(self, account: registry.Registry, directory: str) -> None:
        self._account = account
        self._program = find_program()
        self._ids = os.path.join(directory, 'wrk.ids')
        self._output = os.path.join(directory, 'wrk.out')
        self._numbers = itertools.count(1, _NUMBERS)

    def run(
        self, url: str, token: str, call: calls.Call, ids: Sequence[str],
        connections: int, length: Length,
    ) -> Run:
        """Send one request again and again.

        :param url: the server's root
        :param ids: of the images to request
        :raises: ProcessFailed: if wrk fails
        """
        pathlib.Path(self._ids).write_text('\n'.join(ids))
        pathlib.Path(self._output).write_bytes(b'')
        variables = {
            'BENCHMARK_TOKEN': token,
            'BENCHMARK_METHOD': call.method,
            'BENCHMARK_PATH': call.path,
            'BENCHMARK_TYPE': call.content_type,
            'BENCHMARK_BODY': call.body,
            'BENCHMARK_NUMBER': str(next(self._numbers)),
            'BENCHMARK_IDS': self._ids,
            'BENCHMARK_SECONDS': str(length.seconds),
            'BENCHMARK_LEAST': str(2 * connections),
            'BENCHMARK_LIMIT': length.limit and str(length.limit),
        }
        self._account.run(
            'wrk',
            [self._program, '--threads', '1', '--connections',
             str(connections), '--duration', f'{LONGEST}s', '--timeout',
             TIMEOUT, '--script', str(SCRIPT), url],
            self._output,
            {name: value for name, value in variables.items() if value})
        return parse(
            pathlib.Path(self._output).read_text(errors='replace'),
            connections)


def parse(output: str, connections: int) -> Run:
    """Parse wrk's output, which ends in a line of load.lua.

    :param connections: number of wrk's connections
    """
    found = json.loads(output.splitlines()[-1])
    return Run(
        found['requests'], found['seconds'],
        sum(found[kind] for kind in _ERRORS),
        histogram.without_correction(
            dict(found['latency']), found['requests'], found['duration'],
            connections))
