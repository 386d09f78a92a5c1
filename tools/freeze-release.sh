#!/usr/bin/env bash
# Writes the pinned versions that the integration tests install for an OpenStack
# release: of Nova, this package, the servers, the tests, and their
# dependencies. The versions come from the constraints of the release. Packages
# that are not in the constraints get the newest version on PyPI.
#
#   tools/freeze-release.sh RELEASE CONSTRAINTS_FILE [NAME==VERSION ...]
#
# Example of RELEASE: 2026.2. NAME==VERSION overrides the constraints.
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
        echo "$0: unknown release $RELEASE; add its Nova version to this script" >&2
        exit 2
        ;;
esac

# Packages beside Nova: for the servers of the tests, our extras, and the tests.
# They have no version bounds, because the constraints set the versions.
BESIDE=(PyMySQL python-memcached pyuwsgi redis)
EXTRAS=(alembic Jinja2 matplotlib oslo.db prettytable SQLAlchemy tqdm waitress)
TESTS=(etcd3gw fixtures gabbi hypothesis oslotest psycopg2-binary pymemcache
    python-subunit PyYAML requests-mock stestr testresources testscenarios)
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
