# SPDX-License-Identifier: Apache-2.0

"""Starts a real Keystone, Glance and Nova and our service, runs the
integration tests on them, and stops them."""

import argparse
from collections.abc import Sequence
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import sysconfig
import time

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import identity
from nova_images_compat.tests.integration.stack import interruption
from nova_images_compat.tests.integration.stack import logs as log_directories
from nova_images_compat.tests.integration.stack import progress
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import running
from nova_images_compat.tests.integration.stack import stack
from nova_images_compat.tests.integration.stack import venvs

TOP = pathlib.Path(__file__).parents[3]

HOW_TO_USE = '''\
The stack is up; Ctrl-C stops it. Our service, and the real Nova:

  curl -s -H 'X-Auth-Token: {token}' {service}/v2.1/{project}/images/detail
  curl -s -H 'X-Auth-Token: {token}' {nova}/v2.1/{project}/images/detail

For {openstack}, and for the tests:

{exports}

Glance is at {glance}, Keystone at {auth_url}.
Users, passwords and everything else: {path}
'''


def main() -> int:
    parser = argparse.ArgumentParser(
        prog='tox -e integration --', description=__doc__)
    parser.add_argument(
        '--keep', action='store_true',
        help='run no tests: say how to use the stack, and wait for Ctrl-C')
    parser.add_argument(
        'filters', nargs='*', metavar='FILTER',
        help="run the tests whose names match one of stestr's filters")
    arguments = parser.parse_args()
    logs = None
    try:
        with interruption.interruptible():
            stack.check_programs()
            logs = log_directories.make_directory()
            progress.say('Starting Keystone, Glance, Nova and the service ...')
            begun = time.monotonic()
            with running.up(stack.Stack(
                    logs, interruption.ignore_signals)) as fixture:
                progress.say(
                    f'Started in {time.monotonic() - begun:.0f} seconds.')
                if arguments.keep:
                    return _keep(fixture)
                return _run_tests(fixture.path, arguments.filters)
    except interruption.Interrupted as interrupted:
        progress.say('Interrupted.')
        return 128 + interrupted.number
    except errors.StackError as error:
        progress.say(f'integration: {error}')
        return 1
    finally:
        if logs:
            progress.say(f'The logs are in {logs}')


def _run_tests(path: str, filters: Sequence[str]) -> int:
    results = venvs.work_directory().parent / 'results' / 'integration'
    results.mkdir(parents=True, exist_ok=True)
    stestr = subprocess.Popen(
        [os.path.join(sysconfig.get_path('scripts'), 'stestr'),
         '--test-path', os.path.dirname(__file__),
         '--repo-url', str(results),
         'run', '--concurrency', '1', *filters],
        cwd=TOP, env={**os.environ, description.VARIABLE: path},
        stdin=subprocess.DEVNULL, process_group=0)
    try:
        return stestr.wait()
    except BaseException:
        registry.signal_group(stestr.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            stestr.wait(registry.STOP_SECONDS)
        registry.signal_group(stestr.pid, signal.SIGKILL)
        raise


def _keep(fixture: stack.Stack) -> int:
    found = fixture.description
    member = found.users['member']
    variables = {
        description.VARIABLE: fixture.path,
        'OS_AUTH_URL': found.auth_url,
        'OS_IDENTITY_API_VERSION': '3',
        'OS_REGION_NAME': description.REGION,
        'OS_USERNAME': member.name,
        'OS_PASSWORD': member.password,
        'OS_USER_DOMAIN_ID': 'default',
        'OS_PROJECT_NAME': member.project,
        'OS_PROJECT_DOMAIN_ID': 'default',
    }
    print(HOW_TO_USE.format(
        token=identity.connect(found, 'member').get_token(),
        service=found.service_url, nova=found.nova_url,
        glance=found.image_url, auth_url=found.auth_url,
        project=member.project_id, path=fixture.path,
        openstack=venvs.program('clients', 'openstack'),
        exports='\n'.join(
            f'  export {name}={value}'
            for name, value in variables.items())), flush=True)
    progress.say(f'The logs are in {fixture.logs}')
    try:
        signal.pause()
    except interruption.Interrupted:
        progress.say('Stopping ...')
    return 0


if __name__ == '__main__':
    sys.exit(main())
