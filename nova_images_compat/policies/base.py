# SPDX-License-Identifier: Apache-2.0

"""What the policy rules share, and Nova's base rules, which an operator's
rules may refer to."""

from oslo_policy import policy

ANY_CALLER = '@'
CONTEXT_IS_ADMIN = 'context_is_admin'

ADMIN = 'is_admin:True'
ADMIN_OR_OWNER = 'is_admin:True or project_id:%(project_id)s'

# Nova 34's base rules: name, check, description, and the old check that is
# enough unless [oslo_policy] enforce_new_defaults is set.
NOVA_RULES: tuple[tuple[str, str, str, str | None], ...] = (
    (CONTEXT_IS_ADMIN, 'role:admin',
     'An admin: a caller who passes this rule passes is_admin:True.', ADMIN),
    ('admin_or_owner', ADMIN_OR_OWNER,
     'An admin, or a caller of the same project.', None),
    ('admin_api', ADMIN, 'An admin.', None),
    ('project_manager_api', 'role:manager and project_id:%(project_id)s',
     'A manager of the project.', ADMIN),
    ('project_member_api', 'role:member and project_id:%(project_id)s',
     'A member of the project.', ADMIN_OR_OWNER),
    ('project_reader_api', 'role:reader and project_id:%(project_id)s',
     'A reader of the project.', ADMIN_OR_OWNER),
    ('service_api', 'role:service', 'Another service.', ADMIN),
    ('project_manager_or_admin',
     'rule:project_manager_api or rule:context_is_admin',
     'A manager of the project, or an admin.', ADMIN),
    ('project_member_or_admin',
     'rule:project_member_api or rule:context_is_admin',
     'A member of the project, or an admin.', ADMIN_OR_OWNER),
    ('project_reader_or_admin',
     'rule:project_reader_api or rule:context_is_admin',
     'A reader of the project, or an admin.', ADMIN_OR_OWNER),
    ('service_or_admin', 'rule:service_api or rule:context_is_admin',
     'Another service, or an admin.', ADMIN),
)


def operation_rule(
    name: str, description: str, *operations: tuple[str, str],
) -> policy.DocumentedRuleDefault:
    """Return a rule that allows every authenticated caller by default.

    :param name: the rule's name
    :param description: what the rule allows, for the sample file
    :param operations: the method and path of each request that needs it
    """
    return policy.DocumentedRuleDefault(
        name=name, check_str=ANY_CALLER, description=description,
        operations=[
            {'method': method, 'path': path} for method, path in operations])


def nova_rules(only_new_defaults: bool) -> list[policy.RuleDefault]:
    """Return Nova's base rules.

    :param only_new_defaults: ``[oslo_policy] enforce_new_defaults``: whether
        the old checks are not enough any more
    """
    return [
        policy.RuleDefault(
            name, check if only_new_defaults or old is None
            else f'({check}) or ({old})', description)
        for name, check, description, old in NOVA_RULES]
