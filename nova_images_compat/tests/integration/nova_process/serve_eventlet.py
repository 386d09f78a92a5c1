# SPDX-License-Identifier: Apache-2.0

"""Serves Nova's API in green threads, on a port of the loopback interface.

A script for the environment of Nova. The variable
OS_NOVA_DISABLE_EVENTLET_PATCHING must be "false".
"""

import importlib
from importlib import metadata
import sys

# Remove the port: Nova reads the other arguments.
port = int(sys.argv.pop())

# This import patches, so it must come before all others.
if int(metadata.version('nova').partition('.')[0]) < 31:
    application = importlib.import_module(
        'nova.api.openstack.compute.wsgi').init_application()
else:
    application = importlib.import_module(
        'nova.wsgi.osapi_compute').application

eventlet = importlib.import_module('eventlet')
if not importlib.import_module('eventlet.patcher').is_monkey_patched('socket'):
    sys.exit('eventlet has not patched the socket module')
importlib.import_module('eventlet.wsgi').server(
    eventlet.listen(('127.0.0.1', port)), application)
