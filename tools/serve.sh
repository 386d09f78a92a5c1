#!/usr/bin/env bash
# Serves the images API from this checkout on 127.0.0.1, with sample images and
# without authentication. Installs everything that it needs. See --help.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/bootstrap.sh"

if [ ! -x .tox/serve/bin/nova-images-compat-api ]; then
    echo "Installing the service into .tox/serve (takes about a minute) ..."
fi
.venv/bin/python -m tox -qq -e serve --notest
# Run the server without tox, so that signals reach it and tox prints nothing.
exec .tox/serve/bin/python tools/dev_server.py --state "$PWD/.tox/serve-state" "$@"
