# SPDX-License-Identifier: Apache-2.0

"""Nova's API as it would be without images: a WSGI module, beside Nova."""

import importlib
from typing import Any

from nova import monkey_patch

# Before anything else of Nova, as Nova's own module does it.
monkey_patch.patch(backend='threading')

_routes: Any = importlib.import_module('nova.api.openstack.compute.routes')
_kept = tuple(
    row for row in _routes.ROUTE_LIST if not row[0].startswith('/images'))
if len(_kept) == len(_routes.ROUTE_LIST):
    raise RuntimeError('Nova has no images routes that could be taken out')
_routes.ROUTE_LIST = _kept

application = importlib.import_module('nova.wsgi.osapi_compute').application
