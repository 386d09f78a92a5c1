# SPDX-License-Identifier: Apache-2.0

"""Serves a SQLite catalogue with sample images, to try the API.

``tools/serve.sh`` runs this. It accepts every token, on 127.0.0.1 only.
"""

import argparse
import os
import pathlib
import sys

from oslo_config import cfg

from nova_images_compat.cmd import common
from nova_images_compat.cmd import serve
from nova_images_compat.conf import reader
from nova_images_compat.db import engine as db_engine
from nova_images_compat.db import migration
from nova_images_compat.image.catalog import records
from nova_images_compat.image.catalog import statements

SAMPLES = pathlib.Path(__file__).parent / 'sample-images.jsonl'
TOKEN = 'demo:5f2d7c0a9b8e4d6f8a1c3e5b7d9f0a2c'
IMAGE = '6a7f119d-5c3e-4c8c-9f6e-0d4f4f1c9a05'

CONFIGURATION = '''\
[DEFAULT]
state_path = {state}

[api]
auth_strategy = noauth2
image_store = catalog
'''

WELCOME = '''\
Serving on {url}; Ctrl-C stops it. Try:

  curl -s -H 'X-Auth-Token: {token}' '{url}/v2.1/images/detail?limit=2'
  curl -s -X POST -H 'X-Auth-Token: {token}' -H 'Content-Type: application/json' -d '{{"metadata": {{"team": "web"}}}}' {url}/v2.1/images/{image}/metadata

The catalogue is in {state}.
'''  # noqa: E501


@common.reports_errors
def main() -> int:
    parser = argparse.ArgumentParser(
        prog='tools/serve.sh', description=__doc__.partition('\n')[0])
    parser.add_argument(
        '--port', type=int, default=8774,
        help='the port to listen on (default: %(default)s)')
    parser.add_argument('--state', required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    path = _configuration_file(arguments.state)
    conf = reader.load(
        ['--config-file', path, '--port', str(arguments.port)],
        cli_opts=serve.CLI_OPTS)
    _fill_catalogue(conf)
    serve.serve(conf, lambda url: print(WELCOME.format(
        url=url, token=TOKEN, image=IMAGE, state=arguments.state),
        flush=True))
    return 0


def _configuration_file(state: str) -> str:
    os.makedirs(state, exist_ok=True)
    path = os.path.join(state, 'nova-images-compat.conf')
    with open(path, 'w') as file:
        file.write(CONFIGURATION.format(state=state.replace('$', '$$')))
    return path


def _fill_catalogue(conf: cfg.ConfigOpts) -> None:
    migration.sync(conf)
    with db_engine.Database(conf).writer() as connection:
        if next(statements.export(connection), None) is None:
            statements.add(connection, [
                records.record(place, attributes)
                for place, attributes in records.read(SAMPLES.read_bytes())])


if __name__ == '__main__':
    sys.exit(main())
