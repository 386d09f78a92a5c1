# SPDX-License-Identifier: Apache-2.0

"""Reads that return what has arrived, with urllib3 1.26.

From 2.1 on, urllib3's response has ``read1`` for it. Before, ``read`` asks the
response of ``http.client`` once, and hands on what that returns: so that one
must not wait until all of it is there. The classes have urllib3's own names,
which are told in its errors.
"""

import http.client
from typing import Any

import requests.adapters
import urllib3
import urllib3.connection

IS_NEEDED = not hasattr(urllib3.HTTPResponse, 'read1')


class _Response(http.client.HTTPResponse):

    def read(self, amt: int | None = None) -> bytes:
        if amt is None:
            return super().read()
        data = self.read1(amt)
        if not data and self.length:
            raise http.client.IncompleteRead(data, self.length)
        return data


class HTTPConnection(urllib3.connection.HTTPConnection):
    response_class = _Response


class HTTPSConnection(urllib3.connection.HTTPSConnection):
    response_class = _Response


class HTTPConnectionPool(urllib3.HTTPConnectionPool):
    ConnectionCls = HTTPConnection


class HTTPSConnectionPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = HTTPSConnection


class Adapter(requests.adapters.HTTPAdapter):
    """An adapter whose responses are read in this way; to be mixed in."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _read_promptly(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        _read_promptly(manager)
        return manager


def _read_promptly(manager: urllib3.PoolManager) -> None:
    if IS_NEEDED:
        manager.pool_classes_by_scheme = {
            'http': HTTPConnectionPool, 'https': HTTPSConnectionPool}
