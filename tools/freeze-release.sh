#!/usr/bin/env bash
# Writes the pins of an OpenStack release that the integration tests install:
# Nova and what it needs, what this package needs, and what the servers and the
# tests need. Takes the versions from the release's constraints, and those of
# packages that these do not name from PyPI.
#
#   tools/freeze-release.sh RELEASE CONSTRAINTS_FILE [NAME==VERSION ...]
#
# RELEASE is like 2026.2. NAME==VERSION takes the place of the constraints'.
set -euo pipefail

if [ "$#" -lt 2 ] || [ ! -r "$2" ]; then
    echo "usage: $0 RELEASE CONSTRAINTS_FILE [NAME==VERSION ...]" >&2
    exit 2
fi
RELEASE=$1
CONSTRAINTS=$(realpath "$2")
shift 2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
REQUIREMENTS=nova_images_compat/tests/integration/requirements
PINS=$REQUIREMENTS/releases/$RELEASE.txt

case "$RELEASE" in
    2024.1) NOVA=29 ;;
    2025.1) NOVA=31 ;;
    2025.2) NOVA=32 ;;
    2026.1) NOVA=33 ;;
    2026.2) NOVA=34 ;;
    *)
        echo "$0: which Nova is in $RELEASE?" >&2
        exit 2
        ;;
esac

# Beside Nova: what the tests' servers need, and the tests, and our extras.
# Without bounds, for the release says which versions there are.
BESIDE=(PyMySQL python-memcached pyuwsgi redis)
EXTRAS=(alembic oslo.db prettytable SQLAlchemy tqdm waitress)
TESTS=(fixtures gabbi hypothesis oslotest psycopg2-binary python-subunit
    PyYAML requests-mock stestr testresources testscenarios)
mapfile -t OURS < <(sed -n 's/^\([A-Za-z0-9._-]*\).*/\1/p' requirements.txt)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$CONSTRAINTS" "$work/constraints.txt"
for pin in "$@"; do
    sed -i "/^${pin%%=*}==/Id" "$work/constraints.txt"
    echo "$pin" >>"$work/constraints.txt"
done

"${PYTHON:-python3}" -m venv "$work/venv"
pip() {
    "$work/venv/bin/python" -m pip --disable-pip-version-check "$@"
}
pip install -q --no-input -c "$work/constraints.txt" "nova==$NOVA.*" \
    "${BESIDE[@]}" "${OURS[@]}" "${EXTRAS[@]}" "${TESTS[@]}"
pip check

mkdir -p "$REQUIREMENTS/releases"
{
    echo "# Renew: tools/freeze-release.sh $RELEASE CONSTRAINTS_FILE${*:+ $*}"
    pip freeze --exclude pip --exclude setuptools
} >"$work/pins.txt"
mv "$work/pins.txt" "$PINS"
echo "$PINS: $(grep -c == "$PINS") packages"
