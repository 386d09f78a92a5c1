# SPDX-License-Identifier: Apache-2.0

"""Where cached answers are: the servers of ``[cache]``, or the memory of this
process.

oslo.cache, and dogpile.cache below it, are imported only if they are used.
"""

import collections
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from oslo_config import cfg

from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import native

GROUP = 'cache'

MEMCACHED = ('dogpile.cache.memcached', 'oslo_cache.memcache_pool')
REDIS = 'dogpile.cache.redis'
IN_PROCESS = ('oslo_cache.dict', 'dogpile.cache.memory',
              'dogpile.cache.memory_pickle')
NO_BACKEND = 'dogpile.cache.null'

# Seconds that a thread waits for a connection of a pool; oslo.cache's default
# is 10.
POOL_TIMEOUT = 1

# Bytes of the values in the memory of a process, and those that each value
# takes in addition.
MAX_MEMORY = 16 * 1024 ** 2
OVERHEAD = 512


class Backend(Protocol):
    """The part of dogpile.cache's interface of backends that is used here."""

    def get_serialized_multi(self, keys: Sequence[str]) -> Sequence[Any]:
        """Return the values of keys; an object other than bytes for those
        that have none.
        """

    def set_serialized_multi(self, mapping: Mapping[str, bytes]) -> None:
        """Set the values of keys."""


class Memory:
    """A backend in the memory of this process. If it is full, the values that
    were not used for the longest time are dropped.

    :param max_size: bytes of all values
    """

    def __init__(self, max_size: int = MAX_MEMORY) -> None:
        self._max_size = max_size
        self._size = 0
        self._values: collections.OrderedDict[str, bytes] = (
            collections.OrderedDict())
        # No greenlet switches while it is held.
        self._lock = native.module('threading').Lock()

    def get_serialized_multi(self, keys: Sequence[str]) -> list[bytes | None]:
        with self._lock:
            for key in keys:
                if key in self._values:
                    self._values.move_to_end(key)
            return [self._values.get(key) for key in keys]

    def set_serialized_multi(self, mapping: Mapping[str, bytes]) -> None:
        with self._lock:
            for key, value in mapping.items():
                self._drop(self._values.pop(key, None))
                self._values[key] = value
                self._size += OVERHEAD + len(value)
            while self._size > self._max_size:
                self._drop(self._values.popitem(last=False)[1])

    def _drop(self, value: bytes | None) -> None:
        if value is not None:
            self._size -= OVERHEAD + len(value)


class Backends:
    """The backend that ``[cache]`` configures, as in Nova.

    :param conf: the service's configuration, in which ``[cache]`` is
        registered
    :param lifetime: seconds for which a server must keep a value
    :raises: ConfigurationError: ``[cache]`` is not valid, or its backend
        cannot be used

    :ivar get: returns the backend
    :ivar is_in_process: whether it is the memory of this process
    """

    def __init__(self, conf: cfg.ConfigOpts, lifetime: int) -> None:
        _register(conf)
        options = conf[GROUP]
        self.is_in_process = not options.enabled or (
            options.backend in IN_PROCESS)
        self.get: Callable[[], Backend]
        if self.is_in_process:
            memory = Memory()
            self.get = lambda: memory
            return
        _check_backend(options.backend)
        own = _own_options(conf, lifetime)
        # Their clients have locks and pools.
        self.get = native.PerThread(lambda: _make(own)).get


def _register(conf: cfg.ConfigOpts) -> None:
    """Register the options of ``[cache]``, and check their values.

    :raises: ConfigurationError: a value is not valid
    """
    import oslo_cache

    oslo_cache.configure(conf)
    reader.check_values(conf)


def _check_backend(name: str) -> None:
    """Check that a backend can be used.

    Some others have no time-out, never delete anything, or read from replicas
    that lag behind (Redis with Sentinel).

    :raises: ConfigurationError: it cannot
    """
    if name not in (*MEMCACHED, REDIS):
        reason = f'{name} is not supported'
        if name == NO_BACKEND:
            reason = f'it is {name}, which keeps nothing'
        raise exception.ConfigurationError(
            f'[{GROUP}] backend: with [api] image_cache_time, {reason}; set '
            f'it to {", ".join(MEMCACHED)} or {REDIS}')
    if name in MEMCACHED:
        extras.check(extras.TOKEN_CACHE, f'[{GROUP}] backend = {name}')


def _own_options(conf: cfg.ConfigOpts, lifetime: int) -> cfg.ConfigOpts:
    """Return the options of ``[cache]`` with what differs here.

    They are a copy: keystonemiddleware may use the same group.
    """
    import oslo_cache

    own = cfg.ConfigOpts()
    oslo_cache.configure(own)
    own([], default_config_files=[], default_config_dirs=[])
    values = {
        **conf[GROUP], 'memcache_pool_connection_get_timeout': POOL_TIMEOUT}
    if values['backend'] == REDIS:
        # Redis itself keeps values for ever, unlike memcached.
        values['backend_argument'] = [
            *values['backend_argument'], f'redis_expiration_time:{lifetime}']
    for name, value in values.items():
        own.set_override(name, value, GROUP)
    return own


def _make(options: cfg.ConfigOpts) -> Backend:
    """Make a backend; it does not connect to its servers yet.

    :raises: ConfigurationError: its options are not valid
    """
    import oslo_cache

    try:
        region = oslo_cache.configure_cache_region(
            options, oslo_cache.create_region())
        if options[GROUP].backend == REDIS:
            _try_once(region.actual_backend)
    except Exception as error:
        # The libraries do not say what they raise.
        raise exception.ConfigurationError(f'[{GROUP}] {error}') from error
    return region.backend


def _try_once(backend: Any) -> None:
    """Let Redis's client try once; redis 6 tries four times, with pauses."""
    from redis import backoff
    from redis import retry

    backend.writer_client.set_retry(retry.Retry(backoff.NoBackoff(), 0))
