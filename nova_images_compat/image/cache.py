# SPDX-License-Identifier: Apache-2.0

"""Answers that are kept for some seconds, and calls that requests share.

An answer belongs to generations, such as that of an image: random tokens in
the same cache. Before a request asks for an answer, it reads the tokens; the
answer counts as long as they stay the same. After a write, the writer sets new
tokens. So an answer that was read before or during a write never counts after
it, on any host, even if it is stored later.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent import futures
import dataclasses
import hashlib
import secrets
import threading
import time
from typing import Any
from typing import Generic
from typing import TypeVar
import zlib

from oslo_config import cfg

from nova_images_compat.image import cache_region
from nova_images_compat import native

T = TypeVar('T')

# The number is that of the format of keys and values below.
PREFIX = 'nova-images-compat/1/'

# Characters of a token.
TOKEN_LENGTH = 32

# Answers that are larger than this, in bytes, are compressed.
COMPRESS_ABOVE = cache_region.MAX_SIZE // 2
PLAIN, COMPRESSED = b'plain', b'zlib'

# How often a writer sets a token if it finds another one: each writer of one
# project sets the token of its lists, and many may do so at the same time.
RENEWALS = 20

# Seconds without another try to end generations, after one that failed.
RETRY = 5.0

# The generations that this process remembers to end, if it could not.
MAX_UNENDED = 1000


@dataclasses.dataclass(slots=True)
class _Flight(Generic[T]):
    """A call that is under way, whose result other requests may use.

    :ivar began: when it began, on the monotonic clock
    :ivar result: its result; None if it failed
    """

    began: float
    result: futures.Future[T | None] = dataclasses.field(
        default_factory=futures.Future)


class Cache:
    """The answers that are kept.

    :param conf: the service's configuration
    :raises: ConfigurationError: the cache of ``[cache]`` cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.seconds: float = conf.api.image_cache_time
        # Generations last longer than the answers, which end with them.
        self.region = cache_region.Region(
            conf, 60 + 10 * conf.api.image_cache_time)
        self._flights: native.PerThread[dict[Any, _Flight[Any]]] = (
            native.PerThread(dict))
        self._beginning = native.PerThread(threading.Lock)
        # Generations that should have ended, by their names. The value tells
        # one failure to end them from another.
        self._unended: dict[str, object] = {}
        self._lock = native.module('threading').Lock()
        self._unused_until = 0.0
        # When to try again to end generations; 0 if the last try succeeded.
        self._try_at = 0.0

    def read(
        self, key: str, generations: Sequence[str], deadline: float,
        unpack: Callable[[bytes], T | None],
        fetch: Callable[[], tuple[T, bytes | None]],
    ) -> T:
        """Return a kept answer, or else fetch it and keep it.

        Requests for the same answer at the same time share one fetch.

        :param key: a digest of all that the answer depends on
        :param generations: the names of its generations
        :param deadline: how long to wait for another request's fetch, on the
            monotonic clock
        :param unpack: makes an answer of what was kept; None if it is invalid
        :param fetch: returns an answer, and what to keep of it or None
        :raises: whatever ``fetch`` raises
        """
        key = f'{PREFIX}{key}'
        found = self._find(key, generations)
        if found is None:
            return fetch()[0]
        tokens, value = found
        answer = self._unpack(value, tokens, unpack) if value else None
        if answer is not None:
            return answer
        return self._share(key, tokens, deadline, fetch)

    def end(self, generations: Iterable[str]) -> None:
        """End generations: answers that belong to them do not count any more.

        This uses the cache even in its pauses, which are for reads. If the
        cache fails, this process ends them with a later write, or before it
        reads from the cache again. Other processes use these answers until
        then, or until they are too old.
        """
        names = {*generations}
        if not self._may_try():
            self._remember(names)
            return
        with self._lock:
            remembered = dict(self._unended)
        if self._renew(names | remembered.keys()):
            self._try_at = 0.0
            self._forget(remembered)
        else:
            self._try_at = time.monotonic() + RETRY
            self._remember(names)

    def _find(
        self, key: str, generations: Sequence[str],
    ) -> tuple[bytes, bytes | None] | None:
        """Return the tokens of generations, and what is kept or None.

        :returns: None if the cache is not used
        """
        if self.region.is_paused:
            return None
        if self._unended:
            self.end(())
            if self._unended:
                return None
        if self._unused_until and time.monotonic() < self._unused_until:
            return None
        names = [_generation_key(name) for name in generations]
        values = self.region.get([key, *names])
        if values is None:
            return None
        tokens = [token for token in values[1:] if _is_token(token)]
        if len(tokens) == len(names):
            return b','.join(tokens), values[0]  # type: ignore[arg-type]
        # Else requests that begin at the same time replace one another's
        # tokens, and share no fetch.
        with self._beginning.get():
            begun = self._begin(names)
        return None if begun is None else (begun, None)

    def _begin(self, names: Sequence[str]) -> bytes | None:
        """Set the tokens that are missing, and return all tokens.

        :param names: the keys of generations
        :returns: None if the cache is not used
        """
        current = self.region.get(names)
        if current is None:
            return None
        missing = {name: _new_token() for name, token in zip(names, current)
                   if not _is_token(token)}
        if missing:
            if not self.region.set(missing):
                return None
            current = self.region.get(names)
            if current is None:
                return None
        if not all(map(_is_token, current)):
            self.region.leave_out(cache_region.LOSES)
            return None
        return b','.join(current)  # type: ignore[arg-type]

    def _may_try(self) -> bool:
        """Return whether this request tries to end generations: after a try
        that failed, one request does so every few seconds.
        """
        with self._lock:
            now = time.monotonic()
            if now < self._try_at:
                return False
            if self._try_at:
                self._try_at = now + RETRY
            return True

    def _renew(self, generations: Iterable[str]) -> bool:
        """Set new tokens.

        Clients of servers may not tell that one is down, so read the tokens
        again. If there is another one, it may be that of another writer, or
        the old one.

        :returns: whether the old tokens are gone
        """
        names = [_generation_key(name) for name in generations]
        if not names:
            return True
        for _ in range(RENEWALS):
            begun = time.monotonic()
            tokens = {name: _new_token() for name in names}
            if not self.region.set(tokens, even_if_paused=True):
                return False
            found = self.region.get(names, even_if_paused=True)
            if found is None:
                return False
            if not all(map(_is_token, found)):
                break
            names = [name for name, token in zip(names, found)
                     if token != tokens[name]]
            if not names:
                return True
            if self.region.is_paused and (
                    time.monotonic() - begun > cache_region.SLOW):
                # Perhaps it timed out: the clients may not tell.
                break
        self.region.leave_out(cache_region.LOSES)
        return False

    def _remember(self, names: Iterable[str]) -> None:
        with self._lock:
            self._unended.update((name, object()) for name in names)
            if len(self._unended) > MAX_UNENDED:
                # By then, all that is kept now is too old.
                self._unused_until = time.monotonic() + self.seconds
                self._unended.clear()

    def _forget(self, remembered: dict[str, object]) -> None:
        with self._lock:
            for name, failure in remembered.items():
                if self._unended.get(name) is failure:
                    del self._unended[name]

    def _share(
        self, key: str, tokens: bytes, deadline: float,
        fetch: Callable[[], tuple[T, bytes | None]],
    ) -> T:
        flights = self._flights.get()
        own: _Flight[T] = _Flight(time.monotonic())
        flight = flights.setdefault((key, tokens), own)
        if own.began - flight.began >= self.seconds:
            # Its answer is too old for this request and those that follow.
            flight = flights[key, tokens] = own
        if flight is own:
            try:
                return self._fetch(own, key, tokens, fetch)
            finally:
                if flights.get((key, tokens)) is own:
                    del flights[key, tokens]
        try:
            answer = flight.result.result(max(deadline - own.began, 0))
            if answer is not None:
                return answer
        except futures.TimeoutError:
            pass
        return fetch()[0]

    def _fetch(
        self, flight: _Flight[T], key: str, tokens: bytes,
        fetch: Callable[[], tuple[T, bytes | None]],
    ) -> T:
        fetched_at = time.time()
        answer = None
        try:
            answer, value = fetch()
        finally:
            flight.result.set_result(answer)
        if value is not None:
            packed = _pack(fetched_at, tokens, value)
            if len(packed) <= cache_region.MAX_SIZE:
                self.region.set({key: packed})
        return answer

    def _unpack(
        self, packed: bytes, tokens: bytes,
        unpack: Callable[[bytes], T | None],
    ) -> T | None:
        """Return what was kept, unless it is too old, of other generations
        or invalid.
        """
        header, _, value = packed.partition(b'\n')
        try:
            fetched_at, its_tokens, encoding, checksum = header.split(b' ')
            if its_tokens != tokens or int(checksum) != zlib.crc32(value) or (
                    not abs(time.time() - float(fetched_at)) < self.seconds):
                return None
            if encoding == COMPRESSED:
                value = zlib.decompress(value)
        except (ValueError, zlib.error):
            return None
        return unpack(value)


def _pack(fetched_at: float, tokens: bytes, value: bytes) -> bytes:
    """Return what to store: a line about the value, and the value.

    :param fetched_at: when the answer was asked for, in seconds since 1970,
        since hosts compare it
    """
    encoding = PLAIN
    if len(value) > COMPRESS_ABOVE:
        encoding, value = COMPRESSED, zlib.compress(value, 1)
    return b'%.3f %b %b %d\n%b' % (
        fetched_at, tokens, encoding, zlib.crc32(value), value)


def _generation_key(name: str) -> str:
    # A name may contain what is not allowed in a key of memcached.
    return f'{PREFIX}{hashlib.sha256(name.encode()).hexdigest()}'


def _new_token() -> bytes:
    return secrets.token_hex(TOKEN_LENGTH // 2).encode()


def _is_token(value: bytes | None) -> bool:
    return value is not None and len(value) == TOKEN_LENGTH and value.isalnum()
