# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-status``: checks whether the service has all that it
needs, before it is started."""

from collections.abc import Iterator
from collections.abc import Sequence
from concurrent import futures
import contextlib
import functools
import logging as python_logging
import os
import pwd
import sys
from typing import Any

from oslo_config import cfg
from oslo_log import log as logging
from oslo_upgradecheck import upgradecheck

from nova_images_compat import background
from nova_images_compat.cmd import common
from nova_images_compat.cmd import service_checks
from nova_images_compat.conf import database
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat.image import base as image_base

LOG = logging.getLogger(__name__)

# Seconds that a check may take.
TIMEOUT = 60.0

UNEXPECTED = 255

DESCRIPTION = (
    'Checks whether the service has all that it needs. Changes nothing. Exit '
    'status: 0 success, 1 a warning, 2 a failure or a configuration that '
    'cannot be read, 255 an error of this command.')

Code = upgradecheck.Code
Result = upgradecheck.Result


class Checks(upgradecheck.UpgradeCommands):
    """All checks, run one after the other.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._upgrade_checks = tuple(
            (check.name, functools.partial(_result, check))
            for check in service_checks.find(conf))


def _result(
    check: image_base.Check, commands: upgradecheck.UpgradeCommands,
) -> Result:
    """Run a check. It fails if it takes longer than ``TIMEOUT``.

    :param commands: unused: oslo.upgradecheck hands it to every check
    """
    running = background.call(check.run)
    done, _ = futures.wait([running], TIMEOUT)
    if not done:
        return Result(
            Code.FAILURE, f'Timed out after {TIMEOUT:.0f} seconds.')
    try:
        return Result(Code.SUCCESS, running.result())
    except exception.CheckWarning as error:
        return Result(Code.WARNING, str(error))
    except (exception.APIError, exception.OperatorError, OSError) as error:
        return Result(Code.FAILURE, exception.reason(error))


def _become(name: str) -> None:
    """Continue as another user.

    :raises: ConfigurationError: there is no such user, or this process is
        not allowed to become that user
    """
    try:
        user = pwd.getpwnam(name)
        if user.pw_uid != os.geteuid():
            os.initgroups(name, user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
    except KeyError as error:
        raise exception.ConfigurationError(
            f'--user: there is no user {name}') from error
    except PermissionError as error:
        raise exception.ConfigurationError(
            f'--user: only root can check as another user, such as {name}'
        ) from error


def _add_parsers(subparsers: Any) -> None:
    upgrade = common.group(subparsers, 'upgrade', 'before an upgrade')
    check = upgrade.add_parser(
        'check', help='check whether the service has all that it needs',
        description=DESCRIPTION)
    check.add_argument(
        '--json', action='store_true', help='print JSON instead of a table')
    check.add_argument(
        '--user', metavar='NAME',
        help="check as this user, the service's own, such as nova: root can "
             'read and write what that user cannot')


def _load(argv: Sequence[str]) -> cfg.ConfigOpts:
    return reader.load(argv or sys.argv[1:], cli_opts=[cfg.SubCommandOpt(
        'command', title='commands', handler=_add_parsers)])


@common.reports_errors
def main(*argv: str) -> int:
    """Run all checks, and return the worst of their codes."""
    try:
        conf = _load(argv)
        if conf.command.user:
            _become(conf.command.user)
            conf = _load(argv)
        if conf.debug:
            conf.set_default('use_stderr', True)
            for name in ('log_file', 'log_dir'):
                # The service could not write to a log file of this user's.
                conf.set_override(name, None)
            reader.set_up_logging(conf)
    except exception.ConfigurationError as error:
        print(f'nova-images-compat: {error}', file=sys.stderr)
        return Code.FAILURE
    database.do_not_wait(conf)
    # oslo.upgradecheck looks for --json there: its only public way to set it,
    # upgradecheck.main(), reads the configuration itself.
    upgradecheck.CONF = conf
    try:
        with contextlib.nullcontext() if conf.debug else _without_log():
            return Checks(conf).check()
    except BrokenPipeError:
        raise
    except Exception as error:
        LOG.debug('The check failed unexpectedly', exc_info=True)
        print(f'nova-images-compat: unexpected: {type(error).__name__}; '
              '--debug shows where', file=sys.stderr)
        return UNEXPECTED


@contextlib.contextmanager
def _without_log() -> Iterator[None]:
    """Log nothing: the results have all that there is to tell."""
    python_logging.disable()
    try:
        yield
    finally:
        python_logging.disable(python_logging.NOTSET)


if __name__ == '__main__':
    sys.exit(main())
