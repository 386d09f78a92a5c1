# SPDX-License-Identifier: Apache-2.0

"""Loads the filter with paste.deploy, and prints its responses.

A script for an environment that has the package and no checkout.
"""

import json
import sys
from typing import Any

from paste import deploy
import webob
import webob.dec

# Name: method, path, and body.
REQUESTS = {
    'images': ('GET', '/images', ''),
    'metadata': ('POST', '/images/an-image/metadata', '{"metadata": 1}'),
    'servers': ('GET', '/servers', ''),
}

AUTHENTICATED = {
    'HTTP_X_IDENTITY_STATUS': 'Confirmed',
    'HTTP_X_USER_ID': 'a-user',
    'HTTP_X_PROJECT_ID': 'a-project',
    'HTTP_X_ROLES': 'member,reader',
}


@webob.dec.wsgify
def nova(request: webob.Request) -> webob.Response:
    return webob.Response(json={'answered by': 'Nova'})


def main(paste_file: str) -> None:
    """Print the status and the body of each response."""
    application = deploy.loadfilter(
        f'config:{paste_file}', name='images_compat')(nova)
    answers = {}
    environ: dict[str, Any] = {'SCRIPT_NAME': '/v2.1', **AUTHENTICATED}
    for name, (method, path, body) in REQUESTS.items():
        response = webob.Request.blank(
            path, method=method, text=body, content_type='application/json',
            environ=environ,
        ).get_response(application)
        answers[name] = response.status_int, response.json
    json.dump(answers, sys.stdout)


if __name__ == '__main__':
    main(sys.argv[1])
