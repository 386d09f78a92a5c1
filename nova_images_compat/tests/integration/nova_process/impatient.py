# SPDX-License-Identifier: Apache-2.0

"""Nova's API with a filter that tries again soon: a WSGI module, beside
Nova."""

import importlib

from nova_images_compat.api import plugin

plugin.RETRY_INTERVAL = 0.5

application = importlib.import_module('nova.wsgi.osapi_compute').application
