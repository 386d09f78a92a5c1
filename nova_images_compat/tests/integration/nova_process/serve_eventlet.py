# SPDX-License-Identifier: Apache-2.0

"""Nova's API in green threads, on a port of the loopback interface: a
script, beside Nova.

The environment has OS_NOVA_DISABLE_EVENTLET_PATCHING=false.
"""

import importlib
from importlib import metadata
import sys

# Nova reads what is left of the arguments.
port = int(sys.argv.pop())

# Patches, so it comes before what would be patched too late.
if int(metadata.version('nova').partition('.')[0]) < 31:
    application = importlib.import_module(
        'nova.api.openstack.compute.wsgi').init_application()
else:
    application = importlib.import_module(
        'nova.wsgi.osapi_compute').application

eventlet = importlib.import_module('eventlet')
if not importlib.import_module('eventlet.patcher').is_monkey_patched('socket'):
    sys.exit('nothing is patched')
importlib.import_module('eventlet.wsgi').server(
    eventlet.listen(('127.0.0.1', port)), application)
