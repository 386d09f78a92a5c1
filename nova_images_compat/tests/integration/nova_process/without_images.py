# SPDX-License-Identifier: Apache-2.0

"""Nova's API without its images API.

A WSGI module for the environment of Nova.
"""

import importlib
from typing import Any

from nova import monkey_patch

# Like Nova's own module, patch before other modules of Nova are imported.
monkey_patch.patch(backend='threading')

_routes: Any = importlib.import_module('nova.api.openstack.compute.routes')
_kept = tuple(
    row for row in _routes.ROUTE_LIST if not row[0].startswith('/images'))
if len(_kept) == len(_routes.ROUTE_LIST):
    raise RuntimeError('Nova has no images routes to remove')
_routes.ROUTE_LIST = _kept

application = importlib.import_module('nova.wsgi.osapi_compute').application
