# SPDX-License-Identifier: Apache-2.0

"""Reads the bodies of responses, each within its deadline."""

import time

import urllib3

# Bytes.
READ_SIZE = 2 ** 16


def read(response: 'urllib3.BaseHTTPResponse', deadline: float) -> bytes:
    """Return the body of a response, decoded, and release its connection.

    :param deadline: when the body must be complete, on the monotonic clock
    :raises: TimeoutError: it is not complete by then
    :raises: urllib3.exceptions.DecodeError: the Content-Encoding is wrong
    :raises: urllib3.exceptions.HTTPError, OSError: the body is incomplete
    """
    parts = []
    read_some = getattr(response, 'read1', response.read)
    # None if the server closes the connection after this response: then a
    # read that begins just before the deadline waits for its own time-out.
    socket = getattr(response.connection, 'sock', None)
    try:
        while not response.closed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError('the response takes too long')
            if socket:
                socket.settimeout(left)
            # urllib3 1.26 returns nothing if what has arrived is a part of a
            # compressed body that decodes to nothing yet.
            parts.append(read_some(READ_SIZE, decode_content=True))
    finally:
        # Closes the connection of an incomplete response only.
        response.close()
        response.release_conn()
    return b''.join(parts)
