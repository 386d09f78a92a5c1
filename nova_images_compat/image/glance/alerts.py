# SPDX-License-Identifier: Apache-2.0

"""Connections that read why the server ends TLS.

With TLS 1.3, a server that rejects our certificate may do so after we begin to
send a request. The send then fails, and only a read returns the server's
alert.
"""

import contextlib
import ssl
from typing import Any

import urllib3


class _ReadsAlerts:
    """Comes before a class of connections of ``http.client``."""

    sock: Any

    def send(self, data: Any) -> None:
        """Send data.

        :raises: OSError: ssl.SSLError if the server has sent an alert
        """
        try:
            super().send(data)  # type: ignore[misc]
        except (ssl.SSLEOFError, ConnectionError):
            with contextlib.suppress(
                    ssl.SSLEOFError, ConnectionError, TimeoutError):
                self.sock.recv(1)
            raise


def enable(pool: urllib3.HTTPConnectionPool) -> None:
    """Let the connections of a pool read alerts, if it uses TLS."""
    if pool.scheme == 'https':
        # The name is the same because error messages contain it.
        pool.ConnectionCls = type(
            pool.ConnectionCls.__name__, (_ReadsAlerts, pool.ConnectionCls),
            {})
