#!/usr/bin/env bash
# Runs the default test suite and the style checks from this checkout with tox.
# Installs everything that it needs. Passes its arguments to tox.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/bootstrap.sh"

exec .venv/bin/python -m tox "$@"
