# run sources this file. It runs the parts of CI, and keeps the names and the
# output of those that fail.
#
# shellcheck shell=bash

# Lines of a failed part's output that are shown again.
SHOWN_LINES=40

FAILED_PARTS=()
FAILED_LOGS=()

# part NAME ARGUMENTS... - Run tox as a part, and note whether it fails
part() {
    local log="$RESULTS/part-$1.log"
    local status
    mkdir -p "$RESULTS"
    tools/test.sh "${@:2}" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    [ "$status" -eq 0 ] || failed_part "$1" "$status" "$log"
}

# failed_part NAME STATUS LOG - Note a part that failed
failed_part() {
    FAILED_PARTS+=("$1 (status $2)")
    FAILED_LOGS+=("$3")
}

# Shows the end of the output of each failed part: of a long log, CI shows only
# the end.
show_failed_parts() {
    local number
    for number in "${!FAILED_PARTS[@]}"; do
        echo "=== Failed part: ${FAILED_PARTS[number]}; its last lines:"
        tail -n "$SHOWN_LINES" "${FAILED_LOGS[number]}"
    done
    [ "${#FAILED_PARTS[@]}" -eq 0 ] || printf '=== Failed part: %s\n' "${FAILED_PARTS[@]}"
}
