# SPDX-License-Identifier: Apache-2.0

"""Logs a line for every request, in Nova's format."""

from collections.abc import Iterable
import logging
import time
from typing import Any
from urllib import parse

from nova_images_compat.api.pipeline import paste
from nova_images_compat.api import urls
from nova_images_compat.api import wsgi
from nova_images_compat import log

LOG = log.getLogger(__name__)

FORMAT = (
    '%(address)s "%(method)s %(uri)s" status: %(status)s len: %(length)s '
    'microversion: %(microversion)s time: %(seconds).6f')

# The characters that need no quoting in a query (RFC 3986, 3.4).
IN_QUERY = urls.IN_PATH + '?%'


class RequestLog(paste.Filter):
    """Logs requests at level INFO."""

    def __call__(
        self, environ: dict[str, Any], start_response: Any,
    ) -> Iterable[bytes]:
        if not LOG.isEnabledFor(logging.INFO):
            return self.application(environ, start_response)
        started = time.monotonic()
        address, uri = environ.get('REMOTE_ADDR', '-'), _uri(environ)
        seen = {'status': '500', 'length': '-'}

        def remember(
            status: str, headers: list[tuple[str, str]], *rest: Any,
        ) -> Any:
            seen['status'] = status.partition(' ')[0]
            seen['length'] = next(
                (value for name, value in headers
                 if name.lower() == 'content-length'), '0')
            return start_response(status, headers, *rest)

        try:
            return self.application(environ, remember)
        finally:
            LOG.info(FORMAT, {
                **seen, 'address': address, 'uri': uri,
                'method': environ['REQUEST_METHOD'],
                'microversion': environ.get(wsgi.ENV_MICROVERSION, '-'),
                'seconds': time.monotonic() - started})


def _uri(environ: dict[str, Any]) -> str:
    """Return the request's URI, quoted: it cannot begin a new line in the log
    or control a terminal.
    """
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    uri = parse.quote(path.encode('latin-1'), safe=urls.IN_PATH)
    if query := environ.get('QUERY_STRING'):
        uri += '?' + parse.quote(query.encode('latin-1'), safe=IN_QUERY)
    return uri


factory = paste.filter_factory(RequestLog)
