# SPDX-License-Identifier: Apache-2.0

"""Tests of the cache with a real memcached."""

from collections.abc import Iterator
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from typing import Any
import unittest

from nova_images_compat.image import cache
from nova_images_compat.image import cache_backend
from nova_images_compat.image import cache_region
from nova_images_compat.tests.unit import helpers
from nova_images_compat.tests.unit.image import cache_case

BINARY = shutil.which('memcached')

# Seconds.
LONG = 30


@contextlib.contextmanager
def memcached(
    *arguments: str,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a memcached, and return its address and process."""
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([
        str(BINARY), '-u', 'nobody', '-l', '127.0.0.1', '-p', str(port),
        '-U', '0', *arguments], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f'127.0.0.1:{port}', process
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + LONG
    while True:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


@unittest.skipUnless(BINARY, 'memcached is not installed')
class MemcachedTest(helpers.TestCase):

    def options(self, address: str, backend: str) -> Any:
        return self.configure({
            'api': {'image_cache_time': 600},
            'cache': {'enabled': True, 'backend': backend,
                      'memcache_servers': address,
                      'memcache_dead_retry': 0}})

    def read(self, kept: cache.Cache, answer: str) -> str:
        return kept.read(
            'key', ['image'], time.monotonic() + LONG, bytes.decode,
            lambda: (answer, answer.encode()))

    def test_values(self) -> None:
        largest = b'\0\r\n\x80' * (cache_region.MAX_SIZE // 4)
        with memcached() as (address, _):
            for backend in cache_backend.MEMCACHED:
                with self.case(backend):
                    region = cache_region.Region(
                        self.options(address, backend), 100)
                    self.assertTrue(region.set({'a': largest, 'b': b''}))
                    self.assertEqual(
                        [largest, b'', None], region.get(['a', 'b', 'c']))

    def test_values_that_are_too_large_for_the_server(self) -> None:
        with memcached('-I', '512k') as (address, _):
            for backend in cache_backend.MEMCACHED:
                with self.case(backend):
                    region = cache_region.Region(
                        self.options(address, backend), 100)
                    region.set({'a': bytes(cache_region.MAX_SIZE)})
                    self.assertEqual([None], region.get(['a']))

    def test_it_hangs(self) -> None:
        for backend in cache_backend.MEMCACHED:
            with self.case(backend), memcached() as (address, process):
                kept = cache.Cache(self.options(address, backend))
                self.assertEqual('1', self.read(kept, '1'))
                self.assertEqual('1', self.read(kept, '2'))
                process.send_signal(signal.SIGSTOP)
                begun = time.monotonic()
                kept.end(['image'])
                self.assertEqual(
                    list('34567'), [self.read(kept, each) for each in '34567'])
                self.assertLess(time.monotonic() - begun, 4)
                process.send_signal(signal.SIGCONT)
                self.assertIn(
                    self.read(self.make(address, backend), '8'), ('1', '8'))

    def test_greenlets_of_several_threads(self) -> None:
        with memcached() as (address, _):
            for backend in cache_backend.MEMCACHED:
                with self.case(backend):
                    self.assertEqual(*cache_case.run_greenlets(
                        self.configuration_of(
                            '[api]\nimage_cache_time = 60\n'
                            '[cache]\nenabled = true\n'
                            f'backend = {backend}\n'
                            f'memcache_servers = {address}\n')))

    def make(self, address: str, backend: str) -> cache.Cache:
        """Return the cache of another process."""
        return cache.Cache(self.options(address, backend))

    def test_it_is_not_there(self) -> None:
        with memcached() as (address, process):
            process.kill()
            process.wait()
            for backend in cache_backend.MEMCACHED:
                with self.case(backend):
                    kept = self.make(address, backend)
                    begun = time.monotonic()
                    self.assertEqual(
                        list('1234'),
                        [self.read(kept, number) for number in '1234'])
                    kept.end(['image'])
                    self.assertLess(time.monotonic() - begun, 2)
