# SPDX-License-Identifier: Apache-2.0

"""Measures our service: with the real Glance and Nova, with the embedded
catalogue, as a filter, and at start-up."""

import dataclasses
import sys
import time

from nova_images_compat.tests.benchmark import arguments
from nova_images_compat.tests.benchmark import machine
from nova_images_compat.tests.benchmark import output
from nova_images_compat.tests.benchmark import parts
from nova_images_compat.tests.benchmark import profiles
from nova_images_compat.tests.benchmark import tables
from nova_images_compat.tests.benchmark import wrk
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import interruption
from nova_images_compat.tests.integration.stack import logs as log_directories
from nova_images_compat.tests.integration.stack import mariadb
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import stack


def main() -> int:
    wanted = arguments.parse(sys.argv[1:])
    try:
        with interruption.interruptible():
            _check_programs(wanted)
            wanted.output.mkdir(parents=True, exist_ok=True)
            return _run(wanted)
    except interruption.Interrupted as interrupted:
        progress.say('Interrupted.')
        return 128 + interrupted.number
    except (errors.StackError, OSError) as error:
        progress.say(f'benchmark: {error}')
        return 1


def _check_programs(wanted: arguments.Arguments) -> None:
    with_glance = arguments.WITH_GLANCE & set(wanted.parts)
    if with_glance or 'catalogue' in wanted.parts:
        wrk.find_program()
    if with_glance:
        stack.check_programs()
    if 'catalogue' in wanted.parts and 'mariadb' in wanted.how.databases:
        mariadb.find_programs()
    if wanted.profile:
        profiles.find_program()


def _run(wanted: arguments.Arguments) -> int:
    begun = time.monotonic()
    logs = log_directories.make_directory('benchmark-')
    try:
        results = {
            'date': time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime()),
            'machine': machine.describe(),
            'settings': {
                **dataclasses.asdict(wanted.how), 'parts': wanted.parts,
                'requests': wanted.requests},
            **parts.run(wanted, logs),
        }
    finally:
        progress.say(f'The logs are in {logs}')
    text = output.write(results, wanted.output)
    print(text, flush=True)
    progress.say(
        f'Tables and plots: {wanted.output}; finished in '
        f'{time.monotonic() - begun:.0f} seconds.')
    if not output.is_valid(results):
        progress.say(f'benchmark: some cells are {tables.INVALID}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
