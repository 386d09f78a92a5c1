# SPDX-License-Identifier: Apache-2.0

"""The policy rules: one module for each resource."""

from oslo_policy import policy

from nova_images_compat.policies import image_metadata
from nova_images_compat.policies import image_size
from nova_images_compat.policies import images


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """Return every rule, for the enforcer and the sample generator."""
    return images.RULES + image_metadata.RULES + image_size.RULES
