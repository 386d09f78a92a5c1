# SPDX-License-Identifier: Apache-2.0

"""Lets requests_mock answer the requests that urllib3 sends."""

from collections.abc import Mapping
import http.client
import ssl
from typing import Any
from unittest import mock

import fixtures
import requests
import urllib3.connection
import urllib3.exceptions

CONNECTION = urllib3.connection.HTTPConnection('image.example')

# The errors of urllib3, by what happened.
REFUSED = urllib3.exceptions.NewConnectionError(
    CONNECTION, 'Connection refused')
CONNECTED_TOO_LATE = urllib3.exceptions.ConnectTimeoutError(
    CONNECTION, 'Connection timed out.')
BAD_CERTIFICATE = urllib3.exceptions.SSLError(
    ssl.SSLCertVerificationError('certificate verify failed'))
BAD_CERTIFICATE.args[0].verify_code = 20
BAD_CERTIFICATE.args[0].verify_message = 'unable to get issuer certificate'
CUT = urllib3.exceptions.ProtocolError(
    'Connection aborted.', http.client.RemoteDisconnected('closed'))
CUT_BODY = urllib3.exceptions.ProtocolError(
    'Connection broken', http.client.IncompleteRead(b'{'))
NOT_HTTP = urllib3.exceptions.ProtocolError(
    'Connection aborted.', http.client.BadStatusLine('SSH-2.0'))
TOO_LATE = urllib3.exceptions.ReadTimeoutError(
    mock.MagicMock(), '/', 'Read timed out.')

DEFAULT_PORTS = {'http': 80, 'https': 443}


class Urllib3Mock(fixtures.Fixture):
    """Passes the requests of urllib3's pools to requests, for requests_mock.

    The error that a response of requests_mock names is that of urllib3.
    """

    def _setUp(self) -> None:
        self.useFixture(fixtures.MonkeyPatch(
            'urllib3.HTTPConnectionPool.urlopen', _urlopen))


def _urlopen(
    pool: urllib3.HTTPConnectionPool, method: str, url: str,
    body: bytes | None = None, headers: Mapping[str, str] | None = None,
    retries: Any = None, *, timeout: urllib3.Timeout, **kwargs: Any,
) -> 'urllib3.BaseHTTPResponse':
    port = '' if pool.port == DEFAULT_PORTS[pool.scheme] else f':{pool.port}'
    request = requests.Request(
        method, f'{pool.scheme}://{pool.host}{port}{url}', headers, data=body)
    with requests.Session() as session:
        timeouts: Any = (timeout.connect_timeout, timeout.read_timeout)
        response: Any = session.send(
            request.prepare(), stream=True, allow_redirects=False,
            timeout=timeouts)
    return response.raw
