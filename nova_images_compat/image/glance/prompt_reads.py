# SPDX-License-Identifier: Apache-2.0

"""Reads that return the bytes that have arrived, with urllib3 1.26.

urllib3 has ``read1`` for this from 2.1 on. Before, ``read`` returns what one
``read`` of ``http.client`` returns: the class of responses below makes that
return early. The other classes have urllib3's own names, because its error
messages contain them.
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
    """A mixin for adapters, which makes their reads return early."""

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
