# SPDX-License-Identifier: Apache-2.0

"""Calls the images manager of python-novaclient 6.

Reads a JSON object from its standard input: "auth" (password authentication),
"region", "endpoint", "ids" and "names". Writes the outcome of each call to its
standard output, in order. Runs in its own virtual environment, so it does not
import our package.
"""

from collections.abc import Callable
import json
import sys
from typing import Any
import warnings

from keystoneauth1.identity import v3
from keystoneauth1 import session
from novaclient import client
from novaclient import exceptions


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except exceptions.ClientException as error:
        return {'raised': type(error).__name__, 'status': error.code}
    except exceptions.NoUniqueMatch as error:
        return {'raised': type(error).__name__}


def plain(value: Any) -> Any:
    if hasattr(value, 'to_dict'):
        return value.to_dict()
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def main() -> None:
    warnings.simplefilter('ignore')
    given = json.load(sys.stdin)
    nova = client.Client(
        '2.1', session=session.Session(auth=v3.Password(**given['auth'])),
        endpoint_override=given['endpoint'], region_name=given['region'])
    images = nova.images
    first, second, third = given['ids']
    name = given['names'][0]
    missing = '00000000-0000-4000-8000-000000000000'

    def post(image: str, metadata: dict[str, str]) -> dict[str, Any]:
        response, body = nova.client.post(
            f'/images/{image}/metadata', body={'metadata': metadata})
        return {'status': response.status_code, 'body': body}

    calls = {
        'list': lambda: images.list(),
        'list, briefly and limited':
            lambda: images.list(detailed=False, limit=2),
        'list the rest':
            lambda: images.list(detailed=False, limit=2, marker=second),
        'get': lambda: images.get(first),
        'get what is missing': lambda: images.get(missing),
        'find': lambda: images.find(name=name),
        'find what is missing': lambda: images.find(name='none'),
        'find one of many': lambda: images.find(status='ACTIVE'),
        'set metadata': lambda: post(first, {'new': '1', 'old': '2'}),
        'image as set': lambda: images.get(first),
        'delete a key': lambda: images.delete_meta(first, ['new']),
        'delete a missing key': lambda: images.delete_meta(first, ['none']),
        'image as left': lambda: images.get(first),
        'delete': lambda: images.delete(third),
        'delete again': lambda: images.delete(third),
        'list what is left': lambda: images.list(),
    }
    json.dump({
        name: outcome(call) for name, call in calls.items()}, sys.stdout)


if __name__ == '__main__':
    main()
