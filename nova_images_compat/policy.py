# SPDX-License-Identifier: Apache-2.0

"""Asks the operator's policy whether a caller may do something.

The policy files are the other services' too: only this service's rules, and
what they refer to, are judged and taken up.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import os
import threading
import time
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from nova_images_compat.conf import reader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import policies
from nova_images_compat.policies import base

LOG = log.getLogger(__name__)

NOBODY = '!'
OWN_RULES = 'os_compute_api:image'
IS_ADMIN = 'is_admin'

# Seconds between two looks for files that were not there.
LOOK_AGAIN = 1.0

Stamp = tuple[tuple[str, int, int], ...]
Check = Any


class Policy:
    """The policy rules of one application.

    The files are read again when they change. Where they cannot be used then,
    or are gone or empty, the rules stay as they were: every rule allows every
    caller by default, so a slip of an editor would open the API.

    :param conf: the service's configuration; its ``[oslo_policy]`` names the
        policy file and directories
    :param may_be_missing: whether a policy file that is named need not be
        there, as in Nova: the defaults hold
    :raises: ConfigurationError: they cannot be used
    """

    def __init__(
        self, conf: cfg.ConfigOpts, may_be_missing: bool = False,
    ) -> None:
        self._conf = conf
        self._lock = threading.Lock()
        path = conf.oslo_policy.policy_file
        if _is_chosen(conf) and not os.path.isfile(conf.find_file(path) or ''):
            missing = f'{_option(path)}: there is no such file'
            if not may_be_missing:
                raise exception.ConfigurationError(missing)
            LOG.warning('%s; the default rules hold', missing)
        self._files = _find(conf)
        self._looked = time.monotonic()
        self._stamp = _stamp(self._files)
        self._load()

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
        loaded = self._loaded
        if rule in loaded.open_to_all:
            return True
        target = {
            'project_id': context.project_id, 'user_id': context.user_id}
        credentials = {**context.to_policy_values(), IS_ADMIN: None}
        if loaded.needs_admin:
            # As in Nova: a rule decides who is an admin, and while it does,
            # nobody is.
            credentials[IS_ADMIN] = loaded.enforcer.authorize(
                base.CONTEXT_IS_ADMIN, target, credentials)
        return loaded.enforcer.authorize(rule, target, credentials)

    def _refresh(self) -> None:
        """Take up what has changed in the files, if it can be used."""
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self._looked = time.monotonic()
            found = _find(self._conf)
            self._files = [*found, *(
                path for path in self._files if path not in found)]
        stamp = _stamp(self._files)
        if stamp == self._stamp or not self._lock.acquire(blocking=False):
            return
        try:
            self._stamp = stamp
            _refuse_emptied(self._files)
            self._load()
            LOG.info('The policy has been read again')
        except exception.ConfigurationError as error:
            LOG.error('%s; the policy stays as it was', error)
        finally:
            self._lock.release()

    def _load(self) -> None:
        """Read the files, and take up their rules.

        :raises: ConfigurationError
        """
        defaults = [*policies.list_rules(), *base.nova_rules(
            self._conf.oslo_policy.enforce_new_defaults)]
        rules = _Rules(_read(self._files), defaults)
        checks = rules.reachable(rule.name for rule in policies.list_rules())
        enforcer = policy.Enforcer(self._conf, use_conf=False)
        enforcer.register_defaults(defaults)
        enforcer.set_rules(policy.Rules(checks), use_conf=False)
        self.unknown_rules = rules.unknown(OWN_RULES)
        for name in self.unknown_rules:
            LOG.warning('%s: there is no rule %s; it guards nothing',
                        _option(rules.path(name)), name)
        # Other threads go by one whole set of rules, the old or the new.
        self._loaded = _Loaded(
            enforcer, base.CONTEXT_IS_ADMIN in checks, frozenset(
                rule for rule, check in checks.items()
                if str(check) == base.ANY_CALLER))


@dataclasses.dataclass(frozen=True)
class _Loaded:
    """Rules that have been read.

    :ivar needs_admin: whether a rule depends on who is an admin
    :ivar open_to_all: the rules that allow every caller, which need not be
        asked
    """

    enforcer: policy.Enforcer
    needs_admin: bool
    open_to_all: frozenset[str]


class _Rules:
    """The rules of policy files, and those that hold by default.

    :param files: what stands in each file, by its path; the last one counts
    :param defaults: rules that hold where no file has them
    """

    def __init__(
        self, files: Mapping[str, Mapping[str, Any]],
        defaults: Sequence[policy.RuleDefault],
    ) -> None:
        self._texts = {
            name: (path, text) for path, rules in files.items()
            for name, text in rules.items()}
        self._defaults = {rule.name: rule for rule in defaults}

    def path(self, name: str) -> str:
        """Return the path of the file that has a rule."""
        return self._texts[name][0]

    def unknown(self, prefix: str) -> list[str]:
        """Return the rules of the files that look like ours and are not."""
        return sorted(
            name for name in self._texts if isinstance(name, str)
            and name.startswith(prefix) and name not in self._defaults)

    def reachable(self, names: Iterator[str]) -> dict[str, Check]:
        """Return the checks of rules, and of the rules that they refer to.

        :raises: ConfigurationError: one cannot be read, does not exist, or
            refers to itself
        """
        found: dict[str, Check] = {}
        for name in names:
            self._follow(name, (), found)
        if _asks_for_admin(found):
            self._follow(base.CONTEXT_IS_ADMIN, (), found)
        return found

    def _follow(
        self, name: str, way: tuple[str, ...], found: dict[str, Check],
    ) -> None:
        """Add the check of a rule, and of those that it refers to.

        :param way: the rules that led to it
        """
        if name in way:
            raise self._broken(name, 'the rule refers to itself')
        if name in found:
            return
        check = self._check(name, way)
        for other in _references(check):
            self._follow(other, (*way, name), found)
        found[name] = check

    def _check(self, name: str, way: tuple[str, ...]) -> Check:
        if name not in self._texts:
            if name in self._defaults:
                return self._defaults[name].check
            raise self._broken(
                way[-1], f'the rule refers to {name}, which does not exist')
        text = self._texts[name][1]
        if not isinstance(text, str):
            raise self._broken(name, f'{text!r} is not a rule')
        check = policy.RuleDefault(name, text).check
        if not _is_readable(text, check):
            raise self._broken(name, f'cannot read "{text}"')
        return check

    def _broken(self, name: str, reason: str) -> exception.ConfigurationError:
        place = _option(self.path(name)) if name in self._texts else (
            '[oslo_policy]')
        return exception.ConfigurationError(f'{place}: {name}: {reason}')


def _is_readable(text: str, check: Check) -> bool:
    """Say whether oslo.policy could read all of a rule.

    It logs what it cannot read and puts "!" there, so "not frozen", without
    its "rule:", would allow everybody.
    """
    words = text.replace('(', ' ').replace(')', ' ').split()
    if str(check) == NOBODY:
        return words == [NOBODY]
    leaves = [str(leaf) for leaf in _leaves(check)]
    return leaves.count(NOBODY) == words.count(NOBODY)


def _asks_for_admin(checks: Mapping[str, Check]) -> bool:
    """Say whether one of some checks depends on who is an admin."""
    return any(f'{IS_ADMIN}:' in str(check) for check in checks.values())


def _references(check: Check) -> Iterator[str]:
    """Yield the names of the rules that a check refers to."""
    for leaf in _leaves(check):
        if isinstance(leaf, policy.RuleCheck):
            yield leaf.match


def _leaves(check: Check) -> Iterator[Check]:
    """Yield the checks that a check is made of."""
    if isinstance(check, policy.NotCheck):
        yield from _leaves(check.rule)
    elif isinstance(check, policy.AndCheck | policy.OrCheck):
        for part in check.rules:
            yield from _leaves(part)
    else:
        yield check


def _read(files: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return what stands in policy files, by their paths.

    :raises: ConfigurationError
    """
    found: dict[str, Mapping[str, Any]] = {}
    for path in files:
        try:
            with open(path, 'rb') as file:
                rules = policy.parse_file_contents(file.read())
        except (OSError, ValueError) as error:
            raise exception.ConfigurationError(
                f'{_option(path)}: {error}') from error
        if not isinstance(rules, dict):
            raise exception.ConfigurationError(
                f'{_option(path)}: it is not a mapping of rules to checks')
        found[path] = rules
    return found


def _find(conf: cfg.ConfigOpts) -> list[str]:
    """Return the files that the policy is read from, in their order, as far
    as they are there.
    """
    options = conf.oslo_policy
    found = [conf.find_file(options.policy_file)]
    for name in options.policy_dirs:
        directory = conf.find_file(name)
        if directory and os.path.isdir(directory):
            # As oslo.policy does, which passes over editors' own files.
            found += sorted(
                entry.path for entry in os.scandir(directory)
                if entry.is_file() and not entry.name.startswith('.'))
    return [path for path in found if path]


def _option(path: str) -> str:
    return f'[oslo_policy] policy_file {path}'


def _refuse_emptied(files: Sequence[str]) -> None:
    """Reject a file that was there and is gone or empty now.

    :raises: ConfigurationError
    """
    for path in files:
        if not os.path.exists(path) or not os.path.getsize(path):
            raise exception.ConfigurationError(
                f'{_option(path)}: it is gone, or empty')


def _stamp(files: Sequence[str]) -> Stamp:
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


def get_enforcer() -> policy.Enforcer:
    """Return an enforcer of the service's configuration, for oslo.policy's
    command line tools.
    """
    conf = reader.load()
    enforcer = policy.Enforcer(conf)
    enforcer.suppress_default_change_warnings = True
    enforcer.register_defaults([*policies.list_rules(), *base.nova_rules(
        conf.oslo_policy.enforce_new_defaults)])
    return enforcer
