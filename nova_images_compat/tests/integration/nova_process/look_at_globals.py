# SPDX-License-Identifier: Apache-2.0

"""Finds out what the filter changes in the process of Nova.

A script for the environment of Nova. Reads the path of the paste file and the
environ of a request from its standard input, as JSON; writes the differences
between before and after the request, and the status of the response.
"""

import json
import logging
import sys
from typing import Any

from keystoneauth1 import access
from keystoneauth1 import fixture
from keystoneauth1.identity import access as identity_access
from nova.wsgi import osapi_compute
from oslo_config import cfg
from paste.deploy import loadwsgi
import webob


class TokenAuth(identity_access.AccessInfoPlugin):
    """The token that keystonemiddleware leaves in the environ.

    It has no catalogue, so the filter needs the endpoint of Glance.
    """

    has_user_token = True

    def __init__(self) -> None:
        super().__init__(access.create(
            body=fixture.V3Token(), auth_token='token'))


def look() -> dict[str, str]:
    """Return the global configuration, and that of the loggers."""
    conf = cfg.CONF
    found = {
        f'[{group}] {name}': repr(value)
        for group in (None, *conf._groups)
        for name, value in (conf if group is None else conf[group]).items()
        if not isinstance(value, cfg.ConfigOpts.GroupAttr)}
    found['files'] = repr(conf.config_file)
    found['directories'] = repr(conf.config_dir)
    found['handlers'] = repr(logging.root.handlers)
    found['level'] = repr(logging.root.level)
    return found


def main() -> None:
    given: dict[str, Any] = json.load(sys.stdin)
    before = look()
    images_compat = loadwsgi.loadfilter(
        f'config:{given["paste"]}', 'images_compat')(
            osapi_compute.application)
    environ: dict[str, Any] = {
        **given['environ'], 'keystone.token_auth': TokenAuth()}
    request = webob.Request.blank(given['path'], environ=environ)
    answer = request.get_response(images_compat)
    after = look()
    json.dump({
        'options': len(before),
        'status': answer.status_int,
        'changes': {
            name: [before.get(name), after.get(name)]
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)},
    }, sys.stdout)


if __name__ == '__main__':
    main()
