# SPDX-License-Identifier: Apache-2.0

"""Drives a server by wrk, and reads what came of it."""

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

# More than any request waits; what takes longer is an error.
TIMEOUT = '60s'

# The seconds of a run; load.lua ends it before.
LONGEST = 120

# What a run can at most ask for numbers.
_NUMBERS = 1_000_000

_ERRORS = ('refused', 'connect', 'read', 'write', 'timeout')


def find_program() -> str:
    """Return the path of wrk.

    :raises: MissingProgram
    """
    return process.find_program('wrk', 'wrk')


@dataclasses.dataclass(frozen=True)
class Length:
    """When a run ends.

    :ivar seconds: how long it takes, or longer, until there are two answers
        for each connection
    :ivar limit: how many requests are sent at most; each image is then asked
        for once, if there are as many
    """

    seconds: int
    limit: int | None = None


@dataclasses.dataclass(frozen=True)
class Run:
    """What came of one run.

    :ivar requests: how many were answered
    :ivar seconds: from the first request to the last answer
    :ivar errors: answers other than 2xx, and those that failed or never came
    :ivar times: from the request to its answer, in microseconds
    """

    requests: int
    seconds: float
    errors: int
    times: Counter[int]


class Wrk:
    """Runs wrk, with one thread.

    :param account: on whose account it runs
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
        """Send one call again and again.

        :param url: the server's root
        :param ids: of the images that it is sent for
        :raises: ProcessFailed
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
    """Return what wrk's output, with the line that load.lua prints, says.

    :param connections: as wrk was told
    """
    found = json.loads(output.splitlines()[-1])
    return Run(
        found['requests'], found['seconds'],
        sum(found[kind] for kind in _ERRORS),
        histogram.without_correction(
            dict(found['latency']), found['requests'], found['duration'],
            connections))
