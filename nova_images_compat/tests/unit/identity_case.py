# SPDX-License-Identifier: Apache-2.0

"""The service's own user, for tests, at a Keystone that requests_mock plays.
"""

from typing import Any

from keystoneauth1 import fixture as keystone_fixture

KEYSTONE = 'http://identity.example/v3'
TOKENS = f'{KEYSTONE}/auth/tokens'
IMAGE_SERVICE = 'http://image.example'
SECRET = 'correct-horse'
OPTIONS = {
    'auth_type': 'v3password', 'auth_url': KEYSTONE, 'username': 'compat',
    'password': SECRET, 'user_domain_name': 'Default',
    'project_name': 'service', 'project_domain_name': 'Default'}


def token() -> Any:
    """Return a token, in whose catalogue there is an Image service."""
    made = keystone_fixture.V3Token()
    made.set_project_scope()
    made.add_service('image', 'glance').add_standard_endpoints(
        internal=IMAGE_SERVICE)
    return made
