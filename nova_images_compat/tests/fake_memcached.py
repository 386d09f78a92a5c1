# SPDX-License-Identifier: Apache-2.0

"""A memcached for tests, in the place of the clients of python-memcached."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import time
from typing import Any

import fixtures

# For [cache].
OPTIONS = {'enabled': True, 'backend': 'dogpile.cache.memcached'}


class FakeMemcached(fixtures.Fixture):
    """The server of all clients.

    :ivar values: what it keeps, by the keys
    :ivar calls: the names of the clients' methods that were called
    :ivar error: what the methods raise
    :ivar delay: seconds that each call takes
    :ivar is_down: whether values are lost and not found, which the clients do
        not tell
    :ivar before: called with the name of a method before anything else
    """

    def _setUp(self) -> None:
        self.values: dict[str, Any] = {}
        self.calls: list[str] = []
        self.error: Exception | None = None
        self.delay = 0.0
        self.is_down = False
        self.before: Callable[[str], Any] = lambda name: None
        self.sleep: Callable[[float], Any] = time.sleep
        self.useFixture(fixtures.MockPatch(
            'memcache.Client', lambda *args, **kwargs: self))

    def get_multi(self, keys: Iterable[str]) -> dict[str, Any]:
        self._begin('get_multi')
        if self.is_down:
            return {}
        return {key: self.values[key] for key in keys if key in self.values}

    def set_multi(self, mapping: Mapping[str, Any], **kwargs: Any) -> None:
        self._begin('set_multi')
        if not self.is_down:
            self.values.update(mapping)

    def _begin(self, name: str) -> None:
        self.calls.append(name)
        self.before(name)
        self.sleep(self.delay)
        if self.error:
            raise self.error
