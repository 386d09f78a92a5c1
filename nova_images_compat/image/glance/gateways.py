# SPDX-License-Identifier: Apache-2.0

"""Answers of web servers in front of the Image service that do not pass a
request on, because of TLS."""

from collections.abc import Mapping

from nova_images_compat import log
from nova_images_compat import tls

REDIRECTS = (301, 302, 303, 307, 308)
BAD_REQUEST = 400

# The Image service sends this header with what it answers itself. Its messages
# quote what callers send.
OWN_HEADER = 'X-OpenStack-Request-ID'

# The statuses of all these answers.
STATUSES = frozenset((*REDIRECTS, BAD_REQUEST))

# Characters of a URL that are logged.
MAX_LENGTH = 200

# Texts of nginx, Apache and Go's server, for HTTP on the port of TLS.
WANTS_TLS = (
    b'plain HTTP request was sent to HTTPS port',
    b'speaking plain HTTP to an SSL-enabled server port',
    b'Client sent an HTTP request to an HTTPS server')

# Texts of nginx, without a valid certificate of the client.
WANTS_CERTIFICATE = (
    b'No required SSL certificate was sent', b'The SSL certificate error')


def problem(
    settings: tls.Settings, root: str, status: int,
    headers: Mapping[str, str], body: bytes,
) -> str | None:
    """Return why the Image service did not get a request, and which option to
    correct, as one line; None: it did.

    :param root: the URL that the request was sent to
    :param status: one of ``STATUSES``; the next parameters are the headers
        and the body of the response
    """
    if OWN_HEADER in headers:
        return None
    if status != BAD_REQUEST:
        location = headers.get('Location', '')[:MAX_LENGTH]
        is_for_tls = root.startswith('http:') and (
            location.lower().startswith('https:'))
        return ('the server redirects to '
                f'{log.one_line(location)}, and redirects are not followed: '
                f'correct {settings.url}') if is_for_tls else None
    if any(text in body for text in WANTS_TLS):
        return ('the server expects TLS, but its URL begins with http: '
                f'correct {settings.url}')
    if any(text in body for text in WANTS_CERTIFICATE):
        return ('the server requires a certificate, or rejects ours: correct '
                f'[{settings.group}] certfile and keyfile')
    return None
