#!/usr/bin/env bash
# Runs pre-commit with the arguments. "tox -e pep8" calls it.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Git refuses a clone that belongs to another user.
export GIT_CONFIG_COUNT=1
export GIT_CONFIG_KEY_0=safe.directory
export GIT_CONFIG_VALUE_0='*'

# pre-commit gets the names of the files from git. An unpacked archive has no
# repository, so it gets one for the moment.
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" != "$(pwd -P)" ]; then
    GIT_DIR=$(mktemp -d)
    trap 'rm -rf "$GIT_DIR"' EXIT
    export GIT_DIR
    export GIT_WORK_TREE=$PWD
    git init -q
    git add --all
fi

pre-commit "$@"
