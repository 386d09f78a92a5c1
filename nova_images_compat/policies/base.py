# SPDX-License-Identifier: Apache-2.0

"""What the policy rules have in common."""

from oslo_policy import policy

ANY_CALLER = '@'


def operation_rule(
    name: str, description: str, *operations: tuple[str, str],
) -> policy.DocumentedRuleDefault:
    """Return a rule that allows every authenticated caller by default.

    :param name: the rule's name
    :param description: what it allows, for the sample file
    :param operations: (method, path) of the calls that it guards
    """
    return policy.DocumentedRuleDefault(
        name=name, check_str=ANY_CALLER, description=description,
        operations=[
            {'method': method, 'path': path} for method, path in operations])
