# SPDX-License-Identifier: Apache-2.0

"""Sends the requests of steps, without changing a byte of them."""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import http.client
import json
from typing import Any
from urllib import parse

from nova_images_compat.tests.contract import replay

TIMEOUT = 60
NO_ANSWER = 0
NO_BODY_METHODS = ('GET', 'HEAD', 'DELETE')
TOKEN_OF_NOBODY = 'nobody-issued-this'

Step = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Answer:
    """A response.

    :ivar status: the status; NO_ANSWER: the server closed the connection
    :ivar headers: the values by names in lower case; several are joined
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def media_type(self) -> str:
        return self.headers.get('content-type', '').partition(';')[0]

    @property
    def document(self) -> Any:
        """The body as JSON; None: it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Sender:
    """Sends requests of all users to one server.

    :param url: the root URL of the server
    :param token: returns the token of a user
    """

    def __init__(self, url: str, token: Callable[[str], str]) -> None:
        self.url = url
        self.address = parse.urlsplit(url).netloc
        self.token = token

    def send(self, step: Step, names: Mapping[str, str]) -> Answer:
        """Send the request of a step.

        :param names: the values of the placeholders
        """
        body = self._body(step, names)
        headers = {
            **self._authentication(step.get('as', 'member')),
            **({} if body is None else {'Content-Type': 'application/json'}),
            **step.get('headers', {})}
        connection = http.client.HTTPConnection(
            self.address, timeout=TIMEOUT)
        try:
            method = step.get('method', 'GET')
            connection.putrequest(
                method, replay.fill(step['path'], names),
                skip_host='Host' in headers, skip_accept_encoding=True)
            if body is None and method not in NO_BODY_METHODS:
                body = b''
            if body is not None:
                headers['Content-Length'] = str(len(body))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            text = response.read().decode(errors='replace')
        except http.client.RemoteDisconnected:
            return Answer(NO_ANSWER, {}, '')
        finally:
            connection.close()
        found: dict[str, str] = {}
        for name, value in response.getheaders():
            name = name.lower()
            found[name] = f'{found[name]}, {value}' if name in found else value
        return Answer(response.status, found, text)

    def _authentication(self, user: str | None) -> dict[str, str]:
        if user is None:
            return {}
        return {'X-Auth-Token': (
            TOKEN_OF_NOBODY if user == 'bad' else self.token(user))}

    @staticmethod
    def _body(step: Step, names: Mapping[str, str]) -> bytes | None:
        if 'raw' in step:
            return step['raw'].encode(errors='surrogatepass')
        if 'body' in step:
            return json.dumps(replay.fill(step['body'], names)).encode()
        return None
