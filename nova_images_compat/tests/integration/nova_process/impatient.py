# SPDX-License-Identifier: Apache-2.0

"""Nova's API with a filter that retries soon.

A WSGI module for the environment of Nova.
"""

import importlib

from nova_images_compat.api import plugin

plugin.RETRY_INTERVAL = 0.5

application = importlib.import_module('nova.wsgi.osapi_compute').application
