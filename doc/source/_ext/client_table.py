# SPDX-License-Identifier: Apache-2.0

"""The directive ``known-clients``: a table of the clients that the report on
the calls recognises, so that the page and the report say the same."""

from docutils import nodes
from sphinx import application
from sphinx.util import docutils

from nova_images_compat.usage import clients

HEAD = '''\
.. list-table::
   :header-rows: 1
   :widths: 15 65 20

   * - Client
     - Change
     - Source
'''


class KnownClients(docutils.SphinxDirective):

    def run(self) -> list[nodes.Node]:
        rows = ''.join(
            f'   * - {client.name}\n     - {client.advice}\n'
            f'     - `{_host(client.source)} <{client.source}>`__\n'
            for client in clients.CLIENTS)
        return self.parse_text_to_nodes(HEAD + rows)


def _host(url: str) -> str:
    return url.split('/')[2]


def setup(app: application.Sphinx) -> dict[str, bool]:
    app.add_directive('known-clients', KnownClients)
    return {'parallel_read_safe': True}
