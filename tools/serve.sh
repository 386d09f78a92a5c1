#!/usr/bin/env bash
# Serves the images API from this checkout, on 127.0.0.1, with sample images
# and without authentication. Makes all that it needs; --help tells more.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/bootstrap.sh"

if [ ! -x .tox/serve/bin/nova-images-compat-api ]; then
    echo "Installing the service into .tox/serve (a minute or so) ..."
fi
.venv/bin/python -m tox -qq -e serve --notest
# Without tox in between, signals reach the server and nothing else is said.
exec .tox/serve/bin/python tools/dev_server.py --state "$PWD/.tox/serve-state" "$@"
