# SPDX-License-Identifier: Apache-2.0

"""An etcd of one node."""

import os
import tempfile

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry


def server(
    account: registry.Registry, stack: description.Description, port: int,
    name: str = 'etcd',
) -> process.Server:
    """Return a server on the loopback interface.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :raises: MissingProgram: it is not installed
    """
    url = f'http://{process.HOST}:{port}'
    return process.Server(
        account, name,
        [process.find_program('etcd', 'etcd-server'),
         '--data-dir', tempfile.mkdtemp(prefix='etcd-', dir=stack.directory),
         '--listen-client-urls', url, '--advertise-client-urls', url,
         '--listen-peer-urls', f'http://{process.HOST}:0'],
        os.path.join(stack.logs, f'{name}.log'),
        lambda: process.url_answers(f'{url}/health'))
