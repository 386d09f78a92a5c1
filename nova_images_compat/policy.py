# SPDX-License-Identifier: Apache-2.0

"""Asks the operator's policy whether a caller may do something."""

from oslo_config import cfg
from oslo_policy import policy

from nova_images_compat.conf import loader
from nova_images_compat import context as request_context
from nova_images_compat import exception
from nova_images_compat import policies


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
        name = f'[oslo_policy] policy_file {conf.oslo_policy.policy_file}'
        try:
            self.enforcer.load_rules(force_reload=True)
            self.enforcer.check_rules(raise_on_violation=True)
        except policy.InvalidDefinitionError as error:
            raise exception.ConfigurationError(
                f'{name}: a rule refers to one that is not there, or to '
                f'itself: {error}') from error
        except Exception as error:
            raise exception.ConfigurationError(f'{name}: {error}') from error

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
        return self.enforcer.authorize(rule, target, context)


def get_enforcer() -> policy.Enforcer:
    """Return the enforcer of the configuration in oslo.config's usual places,
    for oslo.policy's command line tools.
    """
    return Policy(loader.load()).enforcer
