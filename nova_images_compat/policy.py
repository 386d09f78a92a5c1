# SPDX-License-Identifier: Apache-2.0

"""Decides by the operator's policy what a caller may do."""

import dataclasses
import os
import threading
import time

from oslo_config import cfg
from oslo_policy import policy

from nova_images_compat.conf import reader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import log
from nova_images_compat import policies
from nova_images_compat.policies import base
from nova_images_compat import policy_files

LOG = log.getLogger(__name__)

# The names of our rules.
RULES = tuple(rule.name for rule in policies.list_rules())

# What the names of our rules begin with.
OWN_PREFIX = 'os_compute_api:image'

IS_ADMIN = 'is_admin'

# Seconds between two searches for new files.
SEARCH_INTERVAL = 1.0


class Policy:
    """The policy rules of one application.

    Files that change are read again. If they are then invalid, missing or
    empty, the previous rules stay in effect: each rule allows every caller by
    default, so an editing mistake would open the API.

    :param conf: the service's configuration; its ``[oslo_policy]`` names the
        policy file and directories
    :param may_be_missing: whether the default rules apply, as in Nova, if the
        configured policy file does not exist
    :raises: ConfigurationError: a file is missing, or has an invalid rule
    """

    def __init__(
        self, conf: cfg.ConfigOpts, may_be_missing: bool = False,
    ) -> None:
        self._conf = conf
        self._reloading = threading.Lock()
        path = conf.oslo_policy.policy_file
        # The default need not exist.
        is_set = reader.is_set(conf, 'policy_file', 'oslo_policy')
        if is_set and not os.path.isfile(conf.find_file(path) or ''):
            missing = f'{policy_files.option(path)}: no such file'
            if not may_be_missing:
                raise exception.ConfigurationError(missing)
            LOG.warning('%s; the default rules apply', missing)
        self._files = policy_files.find(conf)
        self._searched_at = time.monotonic()
        self._stamp = policy_files.stamp(self._files)
        self._load()

    def authorize(
        self, context: request_context.RequestContext, rule: str,
    ) -> None:
        """Check that a policy rule allows a request.

        :param context: the caller
        :param rule: the name of the rule
        :raises: PolicyNotAuthorized: it does not
        """
        if not self.allows(context, rule):
            raise exception.PolicyNotAuthorized(rule=rule)

    def allows(
        self, context: request_context.RequestContext, rule: str,
    ) -> bool:
        """Return whether a policy rule allows a request.

        :param context: the caller
        :param rule: the name of the rule
        """
        self._reload_if_changed()
        active = self._active
        if rule in active.open_to_all:
            return True
        target = {
            'project_id': context.project_id, 'user_id': context.user_id}
        credentials = {**context.to_policy_values(), IS_ADMIN: None}
        if active.needs_is_admin:
            # As in Nova, a rule decides who is an admin; nobody is one while
            # that rule is checked.
            credentials[IS_ADMIN] = active.enforcer.authorize(
                base.CONTEXT_IS_ADMIN, target, credentials)
        return active.enforcer.authorize(rule, target, credentials)

    def _reload_if_changed(self) -> None:
        if time.monotonic() - self._searched_at > SEARCH_INTERVAL:
            self._searched_at = time.monotonic()
            found = policy_files.find(self._conf)
            # Keep the files that are missing now, to notice it.
            self._files = [*found, *(
                path for path in self._files if path not in found)]
        stamp = policy_files.stamp(self._files)
        if stamp == self._stamp or not self._reloading.acquire(blocking=False):
            return
        try:
            self._stamp = stamp
            policy_files.check_not_empty(self._files)
            self._load()
            LOG.info('Reloaded the policy')
        except exception.ConfigurationError as error:
            LOG.error('%s; the previous policy stays in effect', error)
        finally:
            self._reloading.release()

    def _load(self) -> None:
        """Read the files, and put their rules into effect.

        :raises: ConfigurationError: a rule of ours is invalid
        """
        defaults = default_rules(self._conf)
        rules = policy_files.Rules(policy_files.read(self._files), defaults)
        checks = rules.checks(RULES)
        if any(f'{IS_ADMIN}:' in str(check) for check in checks.values()):
            checks.update(rules.checks([base.CONTEXT_IS_ADMIN]))
        enforcer = policy.Enforcer(self._conf, use_conf=False)
        enforcer.register_defaults(defaults)
        enforcer.set_rules(policy.Rules(checks), use_conf=False)
        self.unknown_rules = rules.unknown(OWN_PREFIX)
        for name in self.unknown_rules:
            LOG.warning('%s: there is no rule %s; it has no effect',
                        policy_files.option(rules.path(name)), name)
        # One assignment: other threads see either all old or all new rules.
        self._active = _ActiveRules(
            enforcer, base.CONTEXT_IS_ADMIN in checks, frozenset(
                rule for rule, check in checks.items()
                if str(check) == base.ANY_CALLER))


@dataclasses.dataclass(frozen=True)
class _ActiveRules:
    """The rules in effect.

    :ivar needs_is_admin: whether a rule depends on who is an admin
    :ivar open_to_all: the names of the rules that allow every caller, for
        which the enforcer need not be asked
    """

    enforcer: policy.Enforcer
    needs_is_admin: bool
    open_to_all: frozenset[str]


def default_rules(conf: cfg.ConfigOpts) -> list[policy.RuleDefault]:
    """Return the rules that apply where no file has others."""
    return [*policies.list_rules(), *base.nova_rules(
        conf.oslo_policy.enforce_new_defaults)]
