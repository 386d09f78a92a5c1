# SPDX-License-Identifier: Apache-2.0

"""The cache of ``[cache]``, which may fail without harm."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import time
from typing import Any

from oslo_config import cfg

from nova_images_compat import exception
from nova_images_compat.image import cache_backend
from nova_images_compat import log

LOG = log.getLogger(__name__)

# Seconds for which a cache that failed, or was slow, is not used.
PAUSE = 30.0

# Seconds after which an operation counts as slow.
SLOW = 0.5

# Bytes of a value: memcached stores at most 1 MiB, with the key.
MAX_SIZE = 1_000_000

PER_PROCESS = (
    'it keeps images in the memory of each process, which does not see at '
    'once what other processes write: set [cache] enabled, backend and '
    'memcache_servers')


class Region:
    """Bytes by their keys, in the cache of ``[cache]``.

    No method raises an error. If the cache fails or is slow, it is not used
    for a while; then one request tries it again.

    :param conf: the service's configuration
    :param lifetime: seconds for which a server must keep a value
    :raises: ConfigurationError: the cache cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts, lifetime: int) -> None:
        self._backends = cache_backend.Backends(conf, lifetime)
        self._unused_until = 0.0

    @property
    def is_in_process(self) -> bool:
        """Whether other processes do not share the cache."""
        return self._backends.is_in_process

    def get(self, keys: Sequence[str]) -> list[bytes | None] | None:
        """Return the values of keys, or None for those that have none.

        :returns: None if the cache is not used
        """
        found = self._call('get_serialized_multi', keys)
        if found is None:
            return None
        return [value if type(value) is bytes else None for value in found]

    def set(self, values: Mapping[str, bytes]) -> bool:
        """Set the values of keys.

        :returns: whether the cache was used; a server may still have lost
            the values
        """
        return self._call('set_serialized_multi', values) is not None

    def leave_out(self, reason: object) -> None:
        """Do not use the cache for a while.

        :param reason: why, for the operator
        """
        self._unused_until = time.monotonic() + PAUSE
        LOG.warning('The cache of images ([api] image_cache_time, [cache]) '
                    'is not used for %g seconds: %s', PAUSE, reason)

    def _call(self, name: str, argument: Any) -> Any:
        """Call a method of the backend.

        :returns: what it returns, True for None; None: it was not called, or
            failed
        """
        begun = time.monotonic()
        is_try = self._unused_until > 0
        if is_try:
            if begun < self._unused_until:
                return None
            # Only this request tries.
            self._unused_until = begun + PAUSE
        try:
            method: Callable[[Any], Any] = getattr(self._backends.get(), name)
            result = method(argument)
        except Exception as error:
            # The clients of servers do not say what they raise.
            self.leave_out(exception.reason(error))
            return None
        took = time.monotonic() - begun
        if took > SLOW:
            self.leave_out(f'{name} took {took:.1f} seconds')
        elif is_try:
            self._unused_until = 0.0
            LOG.info('The cache of images is used again')
        return True if result is None else result
