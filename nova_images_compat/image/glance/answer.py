# SPDX-License-Identifier: Apache-2.0

"""What the Image service answers, and which error of ours it becomes."""

import dataclasses
import html
import re
from typing import Any

import orjson

from nova_images_compat import exception
from nova_images_compat import log

LOG = log.getLogger(__name__)

BUSY_STATUSES = (429, 503)

# Seconds.
MAX_RETRY_AFTER = 3600

# Characters of an error message that callers see, and those of an HTML page
# that are read to find it: html.unescape() rejects numbers of 640 digits.
MAX_MESSAGE_LENGTH = 200
MAX_HTML_LENGTH = 3 * MAX_MESSAGE_LENGTH

# Bytes of an invalid response that are logged.
MAX_LOGGED_BODY = 200

# The parts of an HTML error page that only repeat the status.
HEADINGS = (('<head>', '</head>'), ('<h1>', '</h1>'))
# Excluding "<" inside a tag keeps the search linear.
TAG = re.compile(r'<[^<>]*>')


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A complete response of the Image service.

    :ivar root: the server that sent it
    :ivar status: the HTTP status
    :ivar body: the body, decoded
    :ivar retry_after: the header Retry-After, or an empty string
    :ivar is_repeated: whether the Image service may have carried out an
        earlier try of the same request, too
    """

    root: str
    status: int
    body: bytes
    retry_after: str = ''
    is_repeated: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def raise_for_status(self) -> None:
        """Raise the error for a status that means the same for every request.

        Success, and the errors 4xx except 401 and 429, are left to the caller.

        :raises: Unauthorized: the Image service rejects the token
        :raises: ImageStoreUnavailable: it is busy
        :raises: BadGateway: any other status
        """
        if self.status == 401:
            LOG.info('The Image service at %s rejects the token', self.root)
            raise exception.Unauthorized()
        if self.status in BUSY_STATUSES:
            LOG.error('The Image service at %s is not available: %s',
                      self.root, self.status)
            raise exception.ImageStoreUnavailable(
                **_retry_after(self.retry_after))
        if not (self.is_success or 400 <= self.status < 500):
            raise self.invalid('unexpected status')

    def document(self) -> dict[str, Any]:
        """Return the JSON object in the body.

        :raises: BadGateway: the body is not a JSON object
        """
        try:
            document = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise self.invalid('not JSON') from error
        if not isinstance(document, dict):
            raise self.invalid('not a JSON object')
        return document

    def error_message(self) -> str:
        """Return the message of an error, whose body is JSON or HTML.

        :returns: one line of at most ``MAX_MESSAGE_LENGTH`` characters
        """
        try:
            words = orjson.loads(self.body)['message'].split()
        except (orjson.JSONDecodeError, LookupError, TypeError,
                AttributeError):
            words = _page_text(self.body.decode('utf-8', 'replace')).split()
        line = ' '.join(words)[:MAX_MESSAGE_LENGTH]
        return log.one_line(line)[:MAX_MESSAGE_LENGTH]

    def invalid(self, reason: object) -> exception.BadGateway:
        """Log that this response is invalid, and return the error to raise.

        :param reason: why it is invalid, for the operator
        """
        LOG.error('The Image service at %s returned an invalid response '
                  '(status %s): %s: %r', self.root, self.status, reason,
                  self.body[:MAX_LOGGED_BODY])
        return exception.BadGateway()


def _page_text(page: str) -> str:
    """Return the beginning of the text of an HTML error page."""
    for start, end in HEADINGS:
        before, _, rest = page.partition(start)
        if end in rest:
            page = before + rest.partition(end)[2]
    text = ' '.join(TAG.sub(' ', page).split())
    return html.unescape(text[:MAX_HTML_LENGTH])


def _retry_after(value: str) -> dict[str, int]:
    """Return the argument for the seconds that a busy server asks for; none
    if it sent no number (RFC 9110, 10.2.3 also allows a date).
    """
    if not (value.isascii() and value.isdecimal()):
        return {}
    return {'retry_after': min(int(value[:9]), MAX_RETRY_AFTER)}
