# SPDX-License-Identifier: Apache-2.0

"""Reads that return the bytes that have arrived, with urllib3 1.26.

urllib3 has ``read1`` for this from 2.1 on. Before, ``read`` returns what one
``read`` of ``http.client`` returns: the class of responses below makes that
return early. The other classes have urllib3's own names, because its error
messages contain them.
"""

import http.client

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


def enable(pool: urllib3.HTTPConnectionPool) -> None:
    """Let the connections of a pool read promptly."""
    if IS_NEEDED:
        pool.ConnectionCls = (
            HTTPSConnection if pool.scheme == 'https' else HTTPConnection)
