# run sources this file. It installs and starts the servers that the tests use,
# if it runs as root.
#
# shellcheck shell=bash

# With this, Debian installs servers without starting them.
KEEP_STOPPED=/usr/sbin/policy-rc.d

install_packages() {
    local missing package
    mapfile -t missing < <(.venv/bin/bindep -b test integration docs)
    [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" -eq 0 ] || return 0
    if [ ! -e "$KEEP_STOPPED" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$KEEP_STOPPED"
        chmod +x "$KEEP_STOPPED"
        trap 'rm -f "$KEEP_STOPPED"' EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # One package that does not exist must not keep the others away.
    apt-get install -q -y --no-install-recommends "${missing[@]}" && return
    for package in "${missing[@]}"; do
        apt-get install -q -y --no-install-recommends "$package"
    done
}

# The tests of databases use a server that is running already.
start_databases() {
    [ "$(id -u)" -eq 0 ] || return 0
    mariadb -e 'SELECT 1' >/dev/null 2>&1 || service mariadb start
    su postgres -c "psql -c 'SELECT 1'" >/dev/null 2>&1 || service postgresql start
}
