# run sources this file. It tests the package with releases of OpenStack.
#
# shellcheck shell=bash

# The newest is what the integration tests have run beside.
RELEASES=(2024.1 2025.1 2025.2 2026.1)
# The service and the unit tests with a release's libraries are left to whoever
# runs "tox -e integration -- --release".
RELEASE_TESTS=('test_release\.' 'test_filter\.ContractTest'
    'test_filter\.OthersTest' 'test_deployments\.' 'test_writers\.'
    'test_filter_process\.EventletTest')
# The status of a release that pip cannot install.
NOT_AVAILABLE=77

# Runs side by side share tox's environment, but not tox: two of it delete one
# another's logs.
run_release() {
    local status=0
    env PATH="$PWD/.tox/integration/bin:$PATH" LC_ALL=C.UTF-8 \
        OS_LOG_CAPTURE=1 OS_STDOUT_CAPTURE=1 OS_STDERR_CAPTURE=1 \
        OS_TEST_TIMEOUT=300 PYTHONDONTWRITEBYTECODE=1 \
        python -m nova_images_compat.tests.integration --release "$1" \
        "${RELEASE_TESTS[@]}" >"$RESULTS/release-$1.log" 2>&1 || status=$?
    echo "$status" >"$RESULTS/release-$1.status"
}

release_status() {
    cat "$RESULTS/release-$1.status"
}

# Runs all releases, two at a time.
run_releases() {
    local release status
    rm -rf "$RESULTS"/release-*
    mkdir -p "$RESULTS"
    for release in "${RELEASES[@]}"; do
        while [ "$(jobs -pr | wc -l)" -ge 2 ]; do
            wait -n
        done
        run_release "$release" &
    done
    wait
    for release in "${RELEASES[@]}"; do
        cat "$RESULTS/release-$release.log"
        status=$(release_status "$release")
        case "$status" in
            0 | "$NOT_AVAILABLE") ;;
            *) failed_part "release $release" "$status" "$RESULTS/release-$release.log" ;;
        esac
    done
}
