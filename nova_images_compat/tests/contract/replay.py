# SPDX-License-Identifier: Apache-2.0

"""Replays scenarios of the contract: requests, and the responses of a real
Nova."""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import os
import re
from typing import Any
from typing import Protocol

import orjson
import webob

PATH = os.path.join(os.path.dirname(__file__), 'contract.json')
TIME = re.compile(r'\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z')
PLACEHOLDER = re.compile(r'\{(\w+)\}')
ANY_TIME = '{time}'

Json = Any


class Requester(Protocol):
    """Sends a step's request as one of the contract's users."""

    def __call__(
        self, path: str, *, method: str, user: str | None,
        headers: Mapping[str, str], json: Json, body: str | None,
    ) -> webob.Response:
        ...


def scenarios() -> list[dict[str, Any]]:
    """Return the contract's scenarios."""
    with open(PATH, encoding='utf-8') as file:
        return orjson.loads(file.read())


def fill(value: Json, names: Mapping[str, str]) -> Json:
    """Replace the placeholders in a part of the contract.

    :param names: values by placeholder; placeholders without a value stay
    """
    if isinstance(value, str):
        return PLACEHOLDER.sub(
            lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [fill(item, names) for item in value]
    if isinstance(value, dict):
        return {fill(key, names): fill(item, names)
                for key, item in value.items()}
    return value


def play(
    step: Mapping[str, Any], names: Mapping[str, str], request: Requester,
) -> list[str]:
    """Send a step's request, and compare the response with the expected one.

    :param names: values by placeholder
    :returns: the differences
    """
    response = request(
        fill(step['path'], names), method=step.get('method', 'GET'),
        user=step.get('as', 'member'), headers=step.get('headers', {}),
        json=fill(step.get('body'), names), body=step.get('raw'))
    return list(_differences(fill(step['expect'], names), response))


def play_all(
    scenario: Mapping[str, Any],
    play_step: Callable[[Mapping[str, Any]], list[str]],
) -> dict[str, list[str]]:
    """Play the steps of a scenario in order.

    :param play_step: plays one step, and returns the differences
    :returns: the differences, by step
    """
    return {
        f'{number} {step.get("method", "GET")} {step["path"]}': wrong
        for number, step in enumerate(scenario['steps'])
        if (wrong := play_step(step))}


def _differences(
    expect: Mapping[str, Any], response: webob.Response,
) -> Iterator[str]:
    if response.status_int != expect['status']:
        yield (f'status {response.status_int}, not {expect["status"]}: '
               f'{response.text[:500]}')
        return
    for name, value in expect.get('headers', {}).items():
        yield from _header_differences(name, value, response)
    document: Json = orjson.loads(response.text) if (
        expect.keys() & {'json', 'fault', 'ids'}) else None
    if 'json' in expect and not _same(expect['json'], document):
        yield f'body {document}, not {expect["json"]}'
    if 'fault' in expect:
        yield from _fault_differences(expect, document)
    if 'ids' in expect:
        ids = [image['id'] for image in document['images']]
        if ids != expect['ids']:
            yield f'images {ids}, not {expect["ids"]}'


def _header_differences(
    name: str, expected: str, response: webob.Response,
) -> Iterator[str]:
    value = response.headers.get(name, '')
    if name == 'content-type':
        right = value.split(';')[0] == expected.split(';')[0]
    elif name == 'vary':
        right = _names(expected) <= _names(
            ','.join(response.headers.getall(name)))
    else:
        right = value == expected
    if not right:
        yield f'header {name} is {value!r}, not {expected!r}'


def _names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(',')}


def _fault_differences(
    expect: Mapping[str, Any], document: Json,
) -> Iterator[str]:
    fault = document.get(expect['fault'], {})
    if (list(document) != [expect['fault']]
            or fault.get('code') != expect['status']
            or not fault.get('message')):
        yield f'body {document}, not a fault {expect["fault"]}'
    elif expect.get('message') not in (None, fault['message']):
        yield f'message {fault["message"]!r}, not {expect["message"]!r}'


def _same(expected: Json, found: Json) -> bool:
    if expected == ANY_TIME:
        return isinstance(found, str) and bool(TIME.fullmatch(found))
    if isinstance(expected, dict):
        return (isinstance(found, dict) and expected.keys() == found.keys()
                and all(_same(expected[key], found[key]) for key in expected))
    if isinstance(expected, list):
        return (isinstance(found, list) and len(expected) == len(found)
                and all(map(_same, expected, found)))
    return type(expected) is type(found) and expected == found
