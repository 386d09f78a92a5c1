# SPDX-License-Identifier: Apache-2.0

"""What tests with a Keystone of requests_mock share."""

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

_HEADERS = {'X-Subject-Token': 'ours'}

_DOCUMENTS: tuple[Any, ...] = (
    {}, [], None, 3, 'text', {'token': None}, {'token': []}, {'token': 3},
    {'token': {}}, {'token': {'expires_at': None}},
    {'token': {'expires_at': 3}}, {'token': {'expires_at': 'soon'}})

# Invalid responses to a request for a token: arguments of requests_mock.
INVALID_RESPONSES: tuple[dict[str, Any], ...] = (
    *({'headers': _HEADERS, 'json': document} for document in _DOCUMENTS),
    *({'headers': _HEADERS, 'content': content} for content in (
        b'', b'<html>Welcome</html>', b'[' * 5000,
        b'{"token":' * 900 + b'1' + b'}' * 900)),
    {'json': {'token': {'expires_at': '2099-01-01T00:00:00.000000Z'}}},
)


def token(keystone: str = KEYSTONE) -> Any:
    """Return a token whose catalogue has an Image service, and Keystone.

    :param keystone: the URL of Keystone
    """
    made = keystone_fixture.V3Token()
    made.set_project_scope()
    made.add_service('identity', 'keystone').add_standard_endpoints(
        internal=keystone)
    made.add_service('image', 'glance').add_standard_endpoints(
        internal=IMAGE_SERVICE)
    return made
