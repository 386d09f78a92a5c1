# SPDX-License-Identifier: Apache-2.0

"""Validated tokens in the memory of the process, in front of the token cache
of keystonemiddleware, which is memcached.

To find a token in memcached takes a call over the network, and then
keystonemiddleware checks its signature or decrypts it
(``memcache_security_strategy``), and parses it with its catalogue of services.
"""

import collections
from collections.abc import Callable
import hashlib
from typing import Any

from oslo_config import cfg
from oslo_utils import timeutils

from nova_images_compat import native

# A token with 20 services in its catalogue takes 50 KiB when it is parsed.
MAX_TOKENS = 100


class TokenCache:
    """Keeps the data of validated tokens for some seconds.

    No lock is held while a token is fetched.

    :param seconds: how long a token is kept
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        # By the token's hash, the time of expiry and the data; the oldest is
        # the first.
        self._tokens: collections.OrderedDict[
            bytes, tuple[float, Any]] = collections.OrderedDict()
        self._lock = native.module('threading').Lock()

    def get_or_fetch(self, token: str, fetch: Callable[[], Any]) -> Any:
        """Return the data of a token. It must not be changed.

        :param fetch: returns the data of a token that is not kept; its errors
            are raised, and nothing is kept
        """
        key = hashlib.sha256(token.encode()).digest()
        # Before the data is fetched, which may be as old as that.
        now = timeutils.now()
        kept = self._tokens.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        data = fetch()
        with self._lock:
            self._tokens[key] = now + self._seconds, data
            self._tokens.move_to_end(key)
            while len(self._tokens) > MAX_TOKENS or (
                    next(iter(self._tokens.values()))[0] <= now):
                self._tokens.popitem(last=False)
        return data


def make(conf: cfg.ConfigOpts) -> TokenCache | None:
    """Return the cache that the configuration asks for, or None.

    :param conf: the service's configuration, with keystonemiddleware's options
    """
    options = conf.keystone_authtoken
    seconds = conf.api.local_token_cache_time
    # memcached keeps a value with the time 0 until it needs the memory.
    if options.token_cache_time:
        seconds = min(seconds, options.token_cache_time)
    if seconds <= 0 or options.cache or not options.memcached_servers:
        return None
    return TokenCache(seconds)
