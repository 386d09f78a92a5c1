# SPDX-License-Identifier: Apache-2.0

"""Who asks, and under which request id."""

from typing import Any

from oslo_context import context

ADMIN_ROLE = 'admin'
READER_ROLE = 'reader'


class RequestContext(context.RequestContext):
    """The caller of one request, as authentication left it in the environ."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        roles = {role.lower() for role in self.roles}
        self.is_admin = ADMIN_ROLE in roles
        self.is_reader_only = roles == {READER_ROLE}


def get_admin_context() -> RequestContext:
    """Return a context that may see and change every image, for commands."""
    return RequestContext(roles=[ADMIN_ROLE], overwrite=False)
