# run sources this file. It counts the tests of all parts.
#
# shellcheck shell=bash

# Prints one row a test: id, status, and times.
results() {
    local python release
    rows_of unit
    rows_of functional
    for python in "${PYTHONS[@]}"; do
        rows_of "unit-$python" | sed "s/^/$python: /"
    done
    rows_of integration
    for release in "${RELEASES[@]}"; do
        if [ "$(release_status "$release")" = "$NOT_AVAILABLE" ]; then
            echo "release $release (pip cannot install it),skip,"
        else
            rows_of "release-$release" | sed "s/^/$release: /"
        fi
    done
}

rows_of() {
    if [ ! -e "$RESULTS/$1/.stestr/0" ]; then
        echo "$1 (it did not start),fail,"
        return
    fi
    .tox/py3/bin/stestr --repo-url "$RESULTS/$1" last --subunit \
        | .tox/py3/bin/subunit2csv --no-passthrough \
        | tail -n +2
}

# Prints the tests that were skipped or failed, and the count. Returns 1 if a
# test failed, or none passed.
show_count() {
    local rows passed skipped broken
    rows=$(results)
    passed=$(grep -c ',success,' <<<"$rows")
    skipped=$(grep -c ',skip,' <<<"$rows")
    broken=$(($(grep -c . <<<"$rows") - passed - skipped))
    if [ "$skipped" -gt 0 ]; then
        echo "Skipped, by name:"
        grep ',skip,' <<<"$rows" | cut -d, -f1
    fi
    show_failed_parts
    if [ "$broken" -gt 0 ]; then
        echo "Failed, by name:"
        grep -v -e ',success,' -e ',skip,' <<<"$rows" | cut -d, -f1
    fi
    echo "$passed passed, $broken failed, $skipped skipped"
    [ "$passed" -gt 0 ] && [ "$broken" -eq 0 ]
}
