# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-status``: says whether the service has all that it
needs, before it is started."""

from collections.abc import Callable
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
import uuid

from oslo_config import cfg
from oslo_log import log as logging
from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck

from nova_images_compat.api import app
from nova_images_compat.api.pipeline import paste
from nova_images_compat import background
from nova_images_compat.cmd import common
from nova_images_compat.conf import api
from nova_images_compat.conf import database
from nova_images_compat.conf import reader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import identity
from nova_images_compat.image.glance import auth
from nova_images_compat.image.glance import client as glance_client
from nova_images_compat.image.glance import locks
from nova_images_compat.image.glance import schema
from nova_images_compat.image import loader
from nova_images_compat import policy

LOG = logging.getLogger(__name__)

GLANCE = 'glance'

# Seconds.
PATIENCE = 60.0
GLANCE_TIMEOUT = 10.0
LOCK_TIMEOUT = 10

UNEXPECTED = 255

DESCRIPTION = (
    'Checks whether the service has all that it needs. Exit status: 0 '
    'success, 1 a warning, 2 a failure or a configuration that cannot be '
    'read, 255 an error of this command. It changes nothing.')

PASSWORDS = ('password', 'v3password')

# Of what the user of a password needs, one option of each.
NEEDED = (
    ('auth_url',), ('username', 'user_id'), ('password',),
    ('project_name', 'project_id', 'system_scope'))

Code = upgradecheck.Code
Result = upgradecheck.Result


def _check(method: Callable[['Checks'], Result]) -> Callable[..., Result]:
    """Make a failure of what a check raises, and of one that takes too
    long.
    """
    @functools.wraps(method)
    def wrapper(checks: 'Checks') -> Result:
        checking = background.call(lambda: method(checks))
        done, _ = futures.wait([checking], PATIENCE)
        if not done:
            return Result(
                Code.FAILURE, f'No answer in {PATIENCE:.0f} seconds.')
        try:
            return checking.result()
        except (exception.APIError, exception.OperatorError, OSError) as error:
            return Result(Code.FAILURE, _line(error))

    return wrapper


class Checks(upgradecheck.UpgradeCommands):
    """What the service needs, checked one after the other.

    :param conf: the service's configuration
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf

    @_check
    def _check_configuration(self) -> Result:
        paste.check_file(app.paste_file(self.conf))
        if not self._has_keystone:
            return Result(
                Code.WARNING, f'[api] auth_strategy '
                f'{self.conf.api.auth_strategy} is for development: every '
                'token is believed.')
        identity.OwnUser(self.conf)
        groups = [identity.GROUP]
        has_user = auth.load_service_user(self.conf) is not None
        if has_user:
            groups.append(auth.GROUP)
        missing = [f'[{group}] {name}' for group in groups
                   for name in _missing_options(self.conf, group)]
        if missing:
            return Result(Code.FAILURE, f'Not set: {", ".join(missing)}.')
        if self.conf.service_user.send_service_user_token and not has_user:
            return Result(
                Code.WARNING, 'No service token is sent: '
                f'[{self.conf.service_user.auth_section or auth.GROUP}] '
                'auth_type is not set.')
        return _success(
            f'The user {_user_name()} can read it, and it is complete.')

    @_check
    def _check_keystone(self) -> Result:
        if not self._has_keystone:
            return _skipped('[api] auth_strategy does without Keystone')
        users = [f'[{identity.GROUP}]']
        try:
            self._own_user.access()
            user = auth.load_service_user(self.conf)
            if user:
                users.append(f'[{auth.GROUP}]')
                user.token()
        except exception.IdentityUnavailable as error:
            return Result(
                Code.FAILURE, f'No token for the user of {users[-1]}: '
                f'{_line(error)}')
        return _success(
            f'It issues a token to the user of {" and of ".join(users)}.')

    @_check
    def _check_store(self) -> Result:
        name = self.conf.api.image_store
        loader.load_store(self.conf).check()
        return _success(f'The store "{name}" is ready, and answers.')

    @_check
    def _check_glance(self) -> Result:
        if not self._is_glance:
            return _skipped(
                f'[api] image_store is "{self.conf.api.image_store}"')
        client = glance_client.Client(self.conf)
        context = self._own_context()
        try:
            roots = client.endpoints.candidates(context)
        except exception.ImageStoreUnavailable:
            return Result(
                Code.FAILURE, 'The catalogue of the token of '
                f'[{identity.GROUP}] has no endpoint that [glance] '
                'service_type, service_name, region_name and '
                'valid_interfaces select.')
        said = {root: _ask_glance(client, context, root)
                for root in sorted(roots)}
        troubles = [f'{root}: {trouble}' for root, trouble in said.items()
                    if trouble]
        if not troubles:
            return _success(f'It has API v2 at {", ".join(said)}.')
        return Result(
            Code.FAILURE if len(troubles) == len(said) else Code.WARNING,
            '; '.join(troubles))

    @_check
    def _check_usage(self) -> Result:
        if not self.conf.usage_counts.enabled:
            return _skipped('[usage_counts] enabled is off')
        extras.check(extras.DATABASE, '[usage_counts] enabled')
        from nova_images_compat.db import engine as db_engine
        try:
            db_engine.Database(self.conf, patient=False)
        except exception.DatabaseUnreachable as error:
            return Result(
                Code.WARNING, f'Calls are counted, and lost if the database '
                f'does not answer in the end: {_line(error)}')
        return _success('The database has their table.')

    @_check
    def _check_locks(self) -> Result:
        if not self._is_glance:
            return _skipped('the embedded catalogue needs none')
        image_locks = locks.ImageLocks(self.conf)
        image_locks.check()
        if not image_locks.is_in_files:
            # Only with a server: a lock in a file would leave the file.
            image_locks.timeout = min(
                image_locks.timeout, LOCK_TIMEOUT)
            try:
                with image_locks.hold(str(uuid.uuid4())):
                    pass
            except exception.LockUnavailable as error:
                reason = 'the server does not answer in time' if isinstance(
                    error.__cause__, TimeoutError) else _line(error)
                return Result(
                    Code.FAILURE, f'[coordination] backend_url: {reason}')
        if _is_default(self.conf, 'backend_url', 'coordination'):
            return Result(
                Code.WARNING, '[coordination] backend_url is not set: locks '
                'hold on this host alone. Set it to a server that all hosts '
                'share, or, for a single host, to its default.')
        return _success('Metadata writes can lock their image.')

    @_check
    def _check_policy(self) -> Result:
        unknown = policy.Policy(self.conf).unknown_rules
        result = common_checks.check_policy_json(self, self.conf)
        if result.code is not Code.SUCCESS:
            return result
        if unknown:
            return Result(
                Code.WARNING,
                f'There is no rule {", no ".join(unknown)}: it guards '
                'nothing.')
        return _success('Every rule can be read, and none is in JSON.')

    _upgrade_checks = (
        ('Configuration', _check_configuration),
        ('Identity service', _check_keystone),
        ('Image store', _check_store),
        ('Image service', _check_glance),
        ('Counts of calls', _check_usage),
        ('Locks', _check_locks),
        ('Policy', _check_policy),
    )

    @property
    def _has_keystone(self) -> bool:
        return self.conf.api.auth_strategy == api.KEYSTONE

    @property
    def _is_glance(self) -> bool:
        return self.conf.api.image_store == GLANCE

    @functools.cached_property
    def _own_user(self) -> identity.OwnUser:
        return identity.OwnUser(self.conf)

    def _own_context(self) -> request_context.RequestContext:
        """Return the context of a request of the service's own user."""
        if not self._has_keystone:
            return request_context.RequestContext(overwrite=False)
        return self._own_user.context()


def _ask_glance(
    client: glance_client.Client, context: request_context.RequestContext,
    root: str,
) -> str | None:
    """Return what is wrong with a server of the Image service, if anything
    is.
    """
    try:
        answer = client.ask(context, root, schema.PATH, GLANCE_TIMEOUT)
        if answer.is_success and 'properties' in answer.document():
            return None
    except exception.Unauthorized:
        return 'it refuses the token, or wants one'
    except exception.BadGateway:
        return f'what it answers to GET {schema.PATH} makes no sense'
    except exception.APIError as error:
        return _line(error)
    return f'no API v2: GET {schema.PATH} is answered {answer.status}'


def _missing_options(conf: cfg.ConfigOpts, group: str) -> list[str]:
    """Return the options that are not set, of those that the password of a
    user is of no use without.
    """
    options = conf[conf[group].auth_section or group]
    if options.auth_type not in PASSWORDS:
        return []
    return [' or '.join(names) for names in NEEDED
            if not any(options[name] for name in names)]


def _is_default(conf: cfg.ConfigOpts, name: str, group: str) -> bool:
    """Say whether no configuration file sets an option."""
    place = conf.get_location(name, group)
    return place is None or not place.location.is_user_controlled


def _user_name() -> str:
    """Return the name of the user that this process runs as."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _become(name: str) -> None:
    """Go on as another user.

    :raises: ConfigurationError: there is no such user, or this one may not
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
            f'--user: only root may check as another user, such as {name}'
        ) from error


def _success(details: str) -> Result:
    return Result(Code.SUCCESS, details)


def _skipped(reason: str) -> Result:
    return Result(Code.SUCCESS, f'Skipped: {reason}.')


def _line(error: Exception) -> str:
    """Return an error as one line: its cause, where its own text is for the
    callers of the API.
    """
    cause = error.__cause__ if isinstance(error, exception.APIError) else None
    told = cause or error
    return ' '.join((str(told) or repr(told)).split())


def _add_parsers(subparsers: Any) -> None:
    upgrade = common.group(subparsers, 'upgrade', 'before an upgrade')
    check = upgrade.add_parser(
        'check', help='whether the service has all that it needs',
        description=DESCRIPTION)
    check.add_argument(
        '--json', action='store_true', help='print JSON, not a table')
    check.add_argument(
        '--user', metavar='NAME',
        help="check as this user, the service's own, such as nova: root may "
             'read and write what that user may not')


def _load(argv: Sequence[str]) -> cfg.ConfigOpts:
    return reader.load(argv or sys.argv[1:], cli_opts=[cfg.SubCommandOpt(
        'command', title='commands', handler=_add_parsers)])


@common.reports_errors
def main(*argv: str) -> int:
    """Check, and return the worst that came of it."""
    try:
        conf = _load(argv)
        if conf.command.user:
            _become(conf.command.user)
            conf = _load(argv)
        if conf.debug:
            conf.set_default('use_stderr', True)
            for name in ('log_file', 'log_dir'):
                # A file that this user makes may shut out the service's.
                conf.set_override(name, None)
            reader.set_up_logging(conf)
    except exception.ConfigurationError as error:
        print(f'nova-images-compat: {error}', file=sys.stderr)
        return Code.FAILURE
    # Who is waiting for a command wants to know at once.
    database.do_not_wait(conf)
    # It looks for --json there.
    upgradecheck.CONF = conf
    try:
        with contextlib.nullcontext() if conf.debug else _without_log():
            return Checks(conf).check()
    except BrokenPipeError:
        raise
    except Exception as error:
        LOG.debug('The check broke off', exc_info=True)
        print(f'nova-images-compat: unexpected: {type(error).__name__}; '
              '--debug shows where', file=sys.stderr)
        return UNEXPECTED


@contextlib.contextmanager
def _without_log() -> Iterator[None]:
    """Log nothing: the results say all that there is to say."""
    python_logging.disable()
    try:
        yield
    finally:
        python_logging.disable(python_logging.NOTSET)


if __name__ == '__main__':
    sys.exit(main())
