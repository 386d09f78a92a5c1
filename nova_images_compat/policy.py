# SPDX-License-Identifier: Apache-2.0

"""Asks the operator's policy whether a caller may do something."""

from collections.abc import Iterator
import contextlib
import logging as python_logging
import os
import threading
import time

from oslo_config import cfg
from oslo_log import log as logging
from oslo_policy import policy

from nova_images_compat.conf import loader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import policies
from nova_images_compat.policies import base

LOG = logging.getLogger(__name__)

NOBODY = '!'
OWN_RULES = 'os_compute_api:image'

# Seconds between two looks for files that were not there.
LOOK_AGAIN = 1.0

Stamp = tuple[tuple[str, int, int], ...]


class Policy:
    """The policy rules of one application.

    The files are read again when they change. Where they are no good then,
    or gone or empty, the rules stay as they were: every rule allows every
    caller by default, so a slip of an editor would open the API.

    :param conf: the service's configuration; its ``[oslo_policy]`` names the
        policy file and directories
    :raises: ConfigurationError: they cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._lock = threading.Lock()
        self._files = self._find()
        self._looked = time.monotonic()
        self._stamp = _stamp(self._files)
        self._enforce(_load(conf))

    def authorize(
        self, context: request_context.RequestContext, rule: str,
    ) -> None:
        """Let the caller pass, or not.

        :param context: the caller
        :param rule: the policy rule of what they want to do
        :raises: PolicyNotAuthorized
        """
        if not self.allows(context, rule):
            raise exception.PolicyNotAuthorized(rule=rule)

    def allows(
        self, context: request_context.RequestContext, rule: str,
    ) -> bool:
        """Say whether a policy rule allows something to a caller."""
        self._refresh()
        if rule in self._open:
            return True
        target = {
            'project_id': context.project_id, 'user_id': context.user_id}
        return self.enforcer.authorize(rule, target, context)

    def _refresh(self) -> None:
        """Take up what has changed in the files, if it is good."""
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self._looked = time.monotonic()
            self._files = sorted({*self._files, *self._find()})
        stamp = _stamp(self._files)
        if stamp == self._stamp or not self._lock.acquire(blocking=False):
            return
        try:
            self._stamp = stamp
            _refuse_emptied(self._files)
            self._enforce(_load(self._conf))
            LOG.info('The policy has been read again')
        except exception.ConfigurationError as error:
            LOG.error('%s; the policy stays as it was', error)
        finally:
            self._lock.release()

    def _enforce(self, enforcer: policy.Enforcer) -> None:
        """Take up rules; those that allow everybody need not be asked."""
        self._open: frozenset[str] = frozenset()
        self.enforcer = enforcer
        self._open = frozenset(
            rule for rule, check in enforcer.rules.items()
            if str(check) == base.ANY_CALLER)

    def _find(self) -> list[str]:
        """Return the files that the policy is read of, as far as they are
        there.
        """
        options = self._conf.oslo_policy
        found = [self._conf.find_file(options.policy_file)]
        for name in options.policy_dirs:
            directory = self._conf.find_file(name)
            if directory and os.path.isdir(directory):
                # As oslo.policy does, which passes over editors' own files.
                found += [entry.path for entry in os.scandir(directory)
                          if not entry.name.startswith('.')]
        return sorted(path for path in found if path)


def _load(conf: cfg.ConfigOpts) -> policy.Enforcer:
    """Read the policy, and hold it to be whole.

    :raises: ConfigurationError
    """
    path = conf.oslo_policy.policy_file
    name = f'[oslo_policy] policy_file {path}'
    if _is_chosen(conf) and not os.path.isfile(conf.find_file(path) or ''):
        raise exception.ConfigurationError(f'{name}: there is no such file')
    enforcer = policy.Enforcer(conf)
    enforcer.suppress_default_change_warnings = True
    enforcer.register_defaults(policies.list_rules())
    try:
        with _quiet('oslo_policy'):
            enforcer.load_rules(force_reload=True)
            enforcer.check_rules(raise_on_violation=True)
        _refuse_unread_rules(enforcer)
    except policy.InvalidDefinitionError as error:
        raise exception.ConfigurationError(
            f'{name}: a rule refers to one that is not there, or to itself: '
            f'{error}') from error
    except (AttributeError, TypeError) as error:
        raise exception.ConfigurationError(
            f'{name}: it is not a mapping of rules to checks') from error
    except Exception as error:
        raise exception.ConfigurationError(f'{name}: {error}') from error
    for rule in unknown_rules(enforcer):
        LOG.warning('%s: there is no rule %s; it guards nothing', name, rule)
    # From here on, it is for us to say when the files are read.
    enforcer.use_conf = False
    return enforcer


def _refuse_unread_rules(enforcer: policy.Enforcer) -> None:
    """Let no rule pass that oslo.policy takes for "!": it does so, and just
    logs it, where it cannot read one.

    :raises: ValueError
    """
    for name, rule in enforcer.file_rules.items():
        if str(rule.check) == NOBODY != rule.check_str.strip():
            raise ValueError(f'{name}: cannot read "{rule.check_str}"')


def unknown_rules(enforcer: policy.Enforcer) -> list[str]:
    """Return the rules of the policy files that look like ours and are not."""
    return [rule for rule in enforcer.file_rules
            if rule.startswith(OWN_RULES)
            and rule not in enforcer.registered_rules]


def _refuse_emptied(files: list[str]) -> None:
    """Let no file pass that has been there and is gone or empty now.

    :raises: ConfigurationError
    """
    for path in files:
        if not os.path.exists(path) or not os.path.getsize(path):
            raise exception.ConfigurationError(
                f'[oslo_policy] policy file {path}: it is gone, or empty')


def _stamp(files: list[str]) -> Stamp:
    """Return what changes when one of the files does."""
    stamps = []
    for path in files:
        try:
            status = os.stat(path)
        except OSError:
            continue
        stamps.append((path, status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def _is_chosen(conf: cfg.ConfigOpts) -> bool:
    """Say whether the operator named a policy file: by default, none need be
    there.
    """
    place = conf.get_location('policy_file', 'oslo_policy')
    return place is not None and place.location.is_user_controlled


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library's log from telling what an error is about to tell."""
    logger = python_logging.getLogger(name)
    level = logger.level
    logger.setLevel(python_logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def get_enforcer() -> policy.Enforcer:
    """Return the enforcer of the service's configuration, for oslo.policy's
    command line tools.
    """
    return Policy(loader.load()).enforcer
