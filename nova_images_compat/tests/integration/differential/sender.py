# SPDX-License-Identifier: Apache-2.0

"""Sends a contract's step to a server, byte for byte as it is written."""

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
    """What a server said.

    :ivar status: NO_ANSWER if it hung up
    :ivar headers: by name in lower case; several of a name are joined
    """

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def media_type(self) -> str:
        return self.headers.get('content-type', '').partition(';')[0]

    @property
    def document(self) -> Any:
        """The body's JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Sender:
    """One server, asked by all of the users.

    :param url: the server's root
    :param token: returns the token of a user
    """

    def __init__(self, url: str, token: Callable[[str], str]) -> None:
        self.url = url
        self.address = parse.urlsplit(url).netloc
        self.token = token

    def send(self, step: Step, names: Mapping[str, str]) -> Answer:
        """Send a step's request.

        :param names: values for the placeholders
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
