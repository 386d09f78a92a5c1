# SPDX-License-Identifier: Apache-2.0

"""The cache of ``[cache]``, which may fail without harm."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import secrets
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

# Why a server is left out that does not tell that it is down, or full.
LOSES = 'it loses what is stored in it'

PER_PROCESS = (
    'it keeps images in the memory of each process, which does not see at '
    'once what other processes write: set [cache] enabled, backend and '
    'memcache_servers')


class Region:
    """Bytes by their keys, in the cache of ``[cache]``.

    No method raises an error. If the cache fails or is slow, there is a pause
    in which it is not used; then one request tries it again.

    :param conf: the service's configuration
    :param lifetime: seconds for which a server must keep a value
    :raises: ConfigurationError: the cache cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts, lifetime: int) -> None:
        self._backends = cache_backend.Backends(conf, lifetime)
        self._unused_until = 0.0
        self._pause_reason = ''
        self._probe = f'nova-images-compat/probe/{secrets.token_hex(16)}'

    @property
    def is_paused(self) -> bool:
        """Whether the cache is not used for now."""
        return time.monotonic() < self._unused_until

    @property
    def is_in_process(self) -> bool:
        """Whether other processes do not share the cache."""
        return self._backends.is_in_process

    def get(
        self, keys: Sequence[str], even_if_paused: bool = False,
    ) -> list[bytes | None] | None:
        """Return the values of keys, or None for those that have none.

        :param even_if_paused: whether to ask the cache in a pause, too
        :returns: None if the cache was not used, or failed
        """
        found = self._call('get_serialized_multi', keys, even_if_paused)
        if found is None:
            return None
        return [value if type(value) is bytes else None for value in found]

    def set(
        self, values: Mapping[str, bytes], even_if_paused: bool = False,
    ) -> bool:
        """Set the values of keys.

        :param even_if_paused: whether to use the cache in a pause, too
        :returns: whether the cache was used; a server may still have lost
            the values
        """
        return self._call(
            'set_serialized_multi', values, even_if_paused) is not None

    def find_problem(self) -> str | None:
        """Return why values are not kept in the cache, or only slowly; None:
        they are kept.
        """
        keeps_values = self._keeps_values()
        if self.is_paused:
            return self._pause_reason
        return None if keeps_values else LOSES

    def leave_out(self, reason: object) -> None:
        """Begin a pause, unless there is one.

        :param reason: why, for the operator
        """
        if not self.is_paused:
            self._pause(reason)

    def _pause(self, reason: object) -> None:
        self._unused_until = time.monotonic() + PAUSE
        self._pause_reason = str(reason)
        LOG.warning('The cache of images ([api] image_cache_time, [cache]) '
                    'is not used for %g seconds: %s', PAUSE, reason)

    def _call(self, name: str, argument: Any, even_if_paused: bool) -> Any:
        """Call a method of the backend.

        :returns: what it returns, True for None; None: it was not called, or
            failed
        """
        begun = time.monotonic()
        is_try = 0 < self._unused_until <= begun
        leave_out = self.leave_out
        if is_try:
            # Only this request tries.
            self._unused_until = begun + PAUSE
            leave_out = self._pause
        elif self._unused_until and not even_if_paused:
            return None
        try:
            method: Callable[[Any], Any] = getattr(self._backends.get(), name)
            result = method(argument)
        except Exception as error:
            # The clients of servers do not say what they raise.
            leave_out(exception.reason(error))
            return None
        took = time.monotonic() - begun
        if took > SLOW:
            leave_out(f'{name} took {took:.1f} seconds')
        elif is_try and self._keeps_values():
            self._unused_until = 0.0
            LOG.info('The cache of images is used again')
        elif is_try:
            leave_out(LOSES)
        return True if result is None else result

    def _keeps_values(self) -> bool:
        """Return whether the cache returns what was stored in it.

        The clients of servers may not tell that one is down.
        """
        value = secrets.token_hex(16).encode()
        return self.set({self._probe: value}, even_if_paused=True) and (
            self.get([self._probe], even_if_paused=True) == [value])
