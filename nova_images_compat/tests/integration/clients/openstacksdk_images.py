# SPDX-License-Identifier: Apache-2.0

"""Calls the compute images of openstacksdk.

The input and output are those of novaclient_images.py. Runs in its own
virtual environment, too.
"""

from collections.abc import Callable
import json
import sys
from typing import Any
import warnings

import openstack
from openstack import exceptions


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except exceptions.SDKException as error:
        return {
            'raised': type(error).__name__,
            'status': getattr(error, 'status_code', None)}


def plain(value: Any) -> Any:
    if hasattr(value, 'to_dict'):
        return {
            name: attribute for name, attribute in value.to_dict().items()
            if name != 'location'}
    if hasattr(value, '__next__'):
        return [plain(one) for one in value]
    return value


def main() -> None:
    warnings.simplefilter('ignore')
    given = json.load(sys.stdin)
    compute = openstack.connect(
        load_yaml_config=False, load_envvars=False, auth=given['auth'],
        region_name=given['region'],
        compute_endpoint_override=given['endpoint'],
        compute_default_microversion='2.1').compute
    first, second, third = given['ids']
    name = given['names'][0]
    missing = '00000000-0000-4000-8000-000000000000'
    calls = {
        'images': lambda: compute.images(),
        'images of a name': lambda: compute.images(name=name),
        'images, briefly': lambda: compute.images(details=False),
        'images, paged': lambda: compute.images(limit=1),
        'images, paged and briefly':
            lambda: compute.images(details=False, limit=2),
        'get': lambda: compute.get_image(first),
        'get what is missing': lambda: compute.get_image(missing),
        'find by id': lambda: compute.find_image(first),
        'find by name': lambda: compute.find_image(name),
        'find what is missing': lambda: compute.find_image(missing),
        'insist on what is missing':
            lambda: compute.find_image(missing, ignore_missing=False),
        'metadata': lambda: compute.get_image_metadata(first),
        'set metadata':
            lambda: compute.set_image_metadata(first, new='1', old='2'),
        'metadata as set': lambda: compute.get_image_metadata(first),
        'delete a key':
            lambda: compute.delete_image_metadata(first, keys=['new']),
        'delete a missing key':
            lambda: compute.delete_image_metadata(first, keys=['none']),
        'metadata as left': lambda: compute.get_image_metadata(first),
        'delete all keys': lambda: compute.delete_image_metadata(second),
        'no metadata': lambda: compute.get_image_metadata(second),
        'metadata of what is missing':
            lambda: compute.get_image_metadata(missing),
        'delete': lambda: compute.delete_image(third),
        'delete again': lambda: compute.delete_image(third),
        'delete again and insist':
            lambda: compute.delete_image(third, ignore_missing=False),
        'images that are left': lambda: compute.images(),
    }
    json.dump({
        name: outcome(call) for name, call in calls.items()}, sys.stdout)


if __name__ == '__main__':
    main()
