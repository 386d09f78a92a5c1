# SPDX-License-Identifier: Apache-2.0

"""Runs the integration tests on a real Keystone, Glance and Nova.

Starts them and our service, runs the tests, and stops everything.
"""

import argparse
from collections.abc import Mapping
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import sysconfig
import time

from nova_images_compat.tests.integration import counts
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

# The exit status if a release cannot be installed.
SKIPPED = 77

# The tests that are run with a release by default.
OF_A_RELEASE = (
    r'test_release\.', r'test_filter\.ContractTest',
    r'test_filter\.OthersTest', r'test_contract\.', r'test_deployments\.',
    r'test_writers\.', r'test_filter_process\.EventletTest')

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
        help='run no tests: print how to use the stack, and wait for Ctrl-C')
    parser.add_argument(
        '--release', choices=venvs.NOVAS,
        help="use this release's Nova, and its libraries for our service and "
        'the unit tests; without FILTER, run the tests that depend on them')
    parser.add_argument(
        'filters', nargs='*', metavar='FILTER',
        help="run the tests whose names match one of stestr's filters")
    arguments = parser.parse_args()
    logs = None
    try:
        with interruption.interruptible():
            stack.check_programs()
            logs = log_directories.make_directory()
            return _run(arguments, logs)
    except interruption.Interrupted as interrupted:
        progress.say('Interrupted.')
        return 128 + interrupted.number
    except errors.ReleaseNotAvailable as error:
        progress.say(f'integration: {error}')
        return SKIPPED
    except errors.StackError as error:
        progress.say(f'integration: {error}')
        return 1
    finally:
        if logs:
            progress.say(f'The logs are in {logs}')


def _run(arguments: argparse.Namespace, logs: str) -> int:
    """Run the tests, and return the exit status."""
    release = arguments.release
    progress.say('Starting Keystone, Glance, Nova and the service ...')
    begun = time.monotonic()
    with running.up(stack.Stack(
            logs, interruption.ignore_signals, release)) as fixture:
        progress.say(f'Started in {time.monotonic() - begun:.0f} seconds.')
        if arguments.keep:
            return _keep(fixture)
        filters = arguments.filters
        if release and not filters:
            filters = OF_A_RELEASE
        status = _run_stestr(
            f'release-{release}' if release else 'integration',
            sysconfig.get_path('scripts'), pathlib.Path(__file__).parent,
            '--concurrency', '1', *filters,
            environment={description.VARIABLE: fixture.path})
        for line in counts.summary(fixture.description):
            progress.say(line)
        if release and not arguments.filters:
            status = _run_unit_tests(fixture) or status
        return status


def _run_unit_tests(fixture: stack.Stack) -> int:
    """Run the unit tests with the libraries of the release."""
    release = fixture.description.release
    progress.say(f'{release}: the unit tests')
    return _run_stestr(
        f'release-{release}-unit',
        venvs.make_for_unit_tests(fixture.account, fixture.logs, release),
        TOP / 'nova_images_compat/tests/unit')


def _run_stestr(
    name: str, scripts: str, tests: pathlib.Path, *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run tests, and return the exit status.

    :param name: the name of the directory of the results
    :param scripts: the directory of stestr and Python
    :param tests: the directory of the tests
    :param arguments: further arguments of stestr
    :param environment: variables in addition to ours
    """
    results = venvs.work_directory().parent / 'results' / name
    results.mkdir(parents=True, exist_ok=True)
    stestr = subprocess.Popen(
        [os.path.join(scripts, 'stestr'), '--test-path', str(tests),
         '--repo-url', str(results), 'run', *arguments],
        cwd=TOP, stdin=subprocess.DEVNULL, process_group=0,
        env={**os.environ, **(environment or {}),
             'PYTHON': os.path.join(scripts, 'python'),
             'PATH': os.pathsep.join((scripts, os.environ['PATH']))})
    try:
        return stestr.wait()
    except BaseException:
        registry.signal_group(stestr.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            stestr.wait(registry.STOP_SECONDS)
        registry.signal_group(stestr.pid, signal.SIGKILL)
        raise


def _keep(fixture: stack.Stack) -> int:
    """Print how to use the stack, and wait for a signal."""
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
        token=identity.get_token(found, 'member'),
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
