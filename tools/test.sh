#!/usr/bin/env bash
# Runs the default test suite and the style checks from this checkout, through
# tox. Makes all that it needs. Arguments go to tox.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/bootstrap.sh"

exec .venv/bin/python -m tox "$@"
