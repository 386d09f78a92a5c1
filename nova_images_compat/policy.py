# SPDX-License-Identifier: Apache-2.0

"""Asks the operator's policy whether a caller may do something."""

from collections.abc import Iterator
import contextlib
import logging as python_logging
import os

from oslo_config import cfg
from oslo_log import log as logging
from oslo_policy import policy

from nova_images_compat.conf import loader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import policies

LOG = logging.getLogger(__name__)

NOBODY = '!'


class Policy:
    """The policy rules of one application.

    :param conf: the service's configuration; its ``[oslo_policy]`` names the
        policy file, which is read again when it changes
    :raises: ConfigurationError: the policy file cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.enforcer = policy.Enforcer(conf)
        self.enforcer.suppress_default_change_warnings = True
        self.enforcer.register_defaults(policies.list_rules())
        self._load(conf)

    def _load(self, conf: cfg.ConfigOpts) -> None:
        path = conf.oslo_policy.policy_file
        name = f'[oslo_policy] policy_file {path}'
        if _is_chosen(conf) and not os.path.isfile(conf.find_file(path) or ''):
            raise exception.ConfigurationError(
                f'{name}: there is no such file')
        try:
            with _quiet('oslo_policy'):
                self.enforcer.load_rules(force_reload=True)
                self.enforcer.check_rules(raise_on_violation=True)
            self._refuse_unread_rules()
        except policy.InvalidDefinitionError as error:
            raise exception.ConfigurationError(
                f'{name}: a rule refers to one that is not there, or to '
                f'itself: {error}') from error
        except Exception as error:
            raise exception.ConfigurationError(f'{name}: {error}') from error

    def _refuse_unread_rules(self) -> None:
        """Let no rule pass that oslo.policy takes for "!": it does so, and
        just logs it, where it cannot read one.

        :raises: ValueError
        """
        for name, rule in self.enforcer.file_rules.items():
            if str(rule.check) == NOBODY != rule.check_str.strip():
                raise ValueError(f'{name}: cannot read "{rule.check_str}"')

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
        target = {
            'project_id': context.project_id, 'user_id': context.user_id}
        try:
            return self.enforcer.authorize(rule, target, context)
        except policy.PolicyNotRegistered:
            raise
        except Exception:
            # oslo.policy reads a changed file here. It does not read it again
            # until it changes again, and enforces what it had.
            LOG.exception(
                'The policy file cannot be read; the rules stay as they were')
            return self.enforcer.authorize(rule, target, context)


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
    """Return the enforcer of the configuration in oslo.config's usual places,
    for oslo.policy's command line tools.
    """
    return Policy(loader.load()).enforcer
