# SPDX-License-Identifier: Apache-2.0

"""Compares the responses of Nova and our service."""

from collections.abc import Mapping
import dataclasses
import json
import re
from typing import Any
from urllib import parse

from nova_images_compat.tests.integration.differential import sender
from nova_images_compat.tests.integration.differential import world

Json = Any

TIME = re.compile(r'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z')
HEADERS = (
    'openstack-api-version', 'x-openstack-nova-api-version',
    'www-authenticate', 'location', 'retry-after')
REQUEST_ID_HEADERS = ('x-openstack-request-id', 'x-compute-request-id')


@dataclasses.dataclass(frozen=True)
class Seen:
    """The parts of a response that should be the same for both servers.

    :ivar body: JSON or text; of a fault, the name and the code
    :ivar images: the images in the path of the request, afterwards
    """

    status: int
    media_type: str
    headers: Mapping[str, str]
    vary: frozenset[str]
    has_request_id: bool
    body: Json
    images: Mapping[str, Any]

    @property
    def fault(self) -> str | None:
        """The name of the fault; None: the response is none."""
        if isinstance(self.body, dict) and self.status >= 400:
            return next(iter(self.body), None)
        return None


@dataclasses.dataclass(frozen=True)
class Difference:
    """Two different responses.

    :ivar aspects: the attributes of ``Seen`` that differ
    """

    exchange: world.Exchange
    nova: Seen
    ours: Seen
    aspects: frozenset[str]

    @property
    def step(self) -> sender.Step:
        return self.exchange.step

    @property
    def method(self) -> str:
        return self.step.get('method', 'GET')

    @property
    def path(self) -> str:
        """The path of the request, with placeholders."""
        return self.step['path'].partition('?')[0]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The parameters of the query string."""
        return parse.parse_qsl(
            self.step['path'].partition('?')[2], keep_blank_values=True)

    @property
    def body(self) -> Json:
        """The body of the request as JSON; None: it is not JSON."""
        if 'raw' not in self.step:
            return self.step.get('body')
        try:
            return json.loads(self.step['raw'])
        except ValueError:
            return None


def see(exchange: world.Exchange) -> tuple[Seen, Seen]:
    """Return the comparable parts of the responses of Nova and ours."""
    return _see(exchange.nova), _see(exchange.ours)


def difference(exchange: world.Exchange, nova: Seen, ours: Seen) -> (
        Difference | None):
    """Return the difference of two responses; None: they are the same."""
    aspects = frozenset(
        field.name for field in dataclasses.fields(Seen)
        if getattr(nova, field.name) != getattr(ours, field.name)
        and not (field.name == 'has_request_id' and ours.has_request_id))
    return Difference(exchange, nova, ours, aspects) if aspects else None


def _see(outcome: world.Outcome) -> Seen:
    answer, names = outcome.answer, outcome.names
    text = name_places(answer.text, names, with_times=bool(outcome.images))
    headers = {
        name: name_places(answer.headers[name], names)
        for name in HEADERS if name in answer.headers}
    return Seen(
        answer.status, answer.media_type, headers,
        frozenset(
            name.strip().lower()
            for name in answer.headers.get('vary', '').split(',')
            if name.strip()),
        all(name in answer.headers for name in REQUEST_ID_HEADERS),
        _body(answer, text), outcome.images)


def name_places(
    text: str, names: Mapping[str, str], with_times: bool = False,
) -> str:
    """Replace values by their placeholders.

    :param names: the values by placeholder
    :param with_times: whether to replace times, too
    """
    for name, value in sorted(
            names.items(), key=lambda item: -len(item[1])):
        text = text.replace(value, f'{{{name}}}')
    return TIME.sub('{time}', text) if with_times else text


def _body(answer: sender.Answer, text: str) -> Json:
    try:
        document = json.loads(text)
    except ValueError:
        return ' '.join(text.split())
    if answer.status >= 400 and _is_fault(document):
        return {name: {'code': fault['code']}
                for name, fault in document.items()}
    return _with_parsed_next_link(document)


def _is_fault(document: Json) -> bool:
    return (
        isinstance(document, dict) and len(document) == 1
        and all(isinstance(fault, dict) and isinstance(
            fault.get('code'), int) and fault.get('message')
            for fault in document.values()))


def _with_parsed_next_link(document: Json) -> Json:
    """Sort the parameters of the "next" link of a page."""
    if isinstance(document, dict) and 'images_links' in document:
        url, _, query = document['images_links'][0]['href'].partition('?')
        document = {**document, 'images_links': [
            url, sorted(map(list, parse.parse_qsl(
                query, keep_blank_values=True)))]}
    return document
