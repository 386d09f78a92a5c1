# SPDX-License-Identifier: Apache-2.0

"""A request and its response, for the report of a test that fails."""

from typing import Any
from typing import NamedTuple
from wsgiref import util

import webob
from webob import headers

SHOWN = 500


class Exchange(NamedTuple):
    """What a test sent, and what it received.

    :ivar environ: of the request, as it was sent
    :ivar body: of the request
    """

    environ: dict[str, Any]
    body: bytes
    response: webob.Response

    def __str__(self) -> str:
        """Show method, URL, headers and bodies, without tokens. Shorten
        what is longer than ``SHOWN`` characters.
        """
        sent = headers.EnvironHeaders(self.environ).items()
        return '\n'.join([
            f'> {self.environ["REQUEST_METHOD"]} '
            f'{util.request_uri(self.environ)!r:.{SHOWN}}',
            *(f'> {name}: {_masked(name, value)!r:.{SHOWN}}'
              for name, value in sent),
            f'> {self.body!r:.{SHOWN}}',
            f'< {self.response.status}',
            f'< {self.response.body!r:.{SHOWN}}'])


def _masked(name: str, value: str) -> str:
    return '***' if name.endswith('-Token') else value
