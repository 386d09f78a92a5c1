# serve.sh, test.sh and .ci/run source this file. It installs tox and bindep into
# .venv, and changes to the top of the checkout. It needs Python 3.11 or later
# with venv.
#
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

PYTHON=${PYTHON:-python3}

if ! command -v "$PYTHON" >/dev/null 2>&1; then
    echo "$0: $PYTHON not found; install Python 3.11 or later (Debian: apt-get install python3 python3-venv)" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$0: $("$PYTHON" --version) is too old; install Python 3.11 or later, or set another one: PYTHON=python3.12 $0" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "$0: $PYTHON has no venv module; install it (Debian: apt-get install python3-venv)" >&2
    exit 1
fi
if [ ! -w . ]; then
    echo "$0: $PWD is not writable; the script creates .venv and .tox there" >&2
    exit 1
fi

# pbr gets the version from git. This fails in an unpacked archive, and in a
# clone that belongs to another user.
if [ -z "${PBR_VERSION:-}" ] && ! git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    export PBR_VERSION=0.0.1
fi

if ! .venv/bin/python -c '' >/dev/null 2>&1; then
    echo "Creating the virtual environment .venv ..."
    rm -rf .venv
    "$PYTHON" -m venv .venv
fi
if ! .venv/bin/python -c 'import bindep, tox' >/dev/null 2>&1; then
    .venv/bin/python -m pip install -q --disable-pip-version-check -c upper-constraints.txt bindep tox
fi
