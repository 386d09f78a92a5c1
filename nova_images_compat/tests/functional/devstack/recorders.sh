#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Replaces DevStack in tests: has the functions of DevStack (2026.2) that
# devstack/settings and devstack/plugin.sh call, ordered by DevStack's files,
# with as much behaviour as the plugin needs. Each call is a line in $CALLS,
# its words separated by tabs. Functions that edit configuration files do so.

function record {
    local IFS=$'\t'
    echo "$*" >> "$CALLS"
}

# functions-common

function define_plugin {
    record define_plugin "$@"
}

function die {
    echo "${*:2}" >&2
    exit 1
}

function enable_service {
    if [[ ",$DISABLED_SERVICES," != *",$1,"* ]]; then
        ENABLED_SERVICES+=,$1
    fi
}

function get_or_create_endpoint {
    record get_or_create_endpoint "$@"
}

function get_or_create_service {
    record get_or_create_service "$@"
}

function is_service_enabled {
    [[ ",$ENABLED_SERVICES," == *",$1,"* ]]
}

function is_ubuntu {
    [[ "$DISTRIBUTION" == "ubuntu" ]]
}

function run_process {
    record run_process "$@"
}

function stop_process {
    record stop_process "$@"
}

# functions

function echo_summary {
    echo "$@"
}

function setup_logging {
    record setup_logging "$@"
    iniset "$1" DEFAULT logging_default_format_string "%(message)s"
}

function wait_for_service {
    record wait_for_service "$@"
    [[ "$SERVICE_ANSWERS" == "True" ]]
}

# inc/ini-config

# ini show|set|drop file section option [value]
function ini {
    local changed

    changed=$(action=$1 section="[$3]" option=$4 value=${5:-} awk '
        function add() {
            if (inside && ENVIRON["action"] == "set" && !done) {
                print ENVIRON["option"] " = " ENVIRON["value"]
                done = 1
            }
        }
        BEGIN { showing = ENVIRON["action"] == "show" }
        /^\[/ { inside = $0 == ENVIRON["section"] }
        inside && $0 ~ "^" ENVIRON["option"] "[ \t]*=" {
            if (showing) {
                sub(/^[^=]*=[ \t]*/, "")
                print
            }
            add()
            next
        }
        !showing { print }
        END { add() }
    ' "$2")
    if [[ "$1" == show ]]; then
        echo "$changed"
    else
        echo "$changed" > "$2"
    fi
}

function inidelete {
    ini drop "$@"
}

function iniget {
    ini show "$@"
}

# A new option becomes the first of its section.
function iniset {
    if ! [[ -f "$1" && $'\n'$(< "$1") == *$'\n'"[$2]"* ]]; then
        printf '\n[%s]\n' "$2" >> "$1"
    fi
    if [[ -n "$(iniget "$1" "$2" "$3")" ]]; then
        ini set "$@"
    else
        section="[$2]" line="$3 = $4" awk '
            { print }
            $0 == ENVIRON["section"] { print ENVIRON["line"] }
        ' "$1" > "$1.new"
        mv "$1.new" "$1"
    fi
}

# inc/python

function setup_develop {
    record setup_develop "$@"
}

# lib/apache

function apache_site_config_for {
    echo "$APACHE_CONF_DIR/$1.conf"
}

function remove_uwsgi_config {
    record remove_uwsgi_config "$@"
    rm -f "$1"
    if is_ubuntu; then
        echo > "$DISABLED_SITES/$2"
    fi
}

function restart_apache_server {
    record restart_apache_server
}

function write_uwsgi_config {
    record write_uwsgi_config "$@"
    rm -f "$1"
    iniset "$1" uwsgi module "$2"
    iniset "$1" uwsgi socket "/var/run/uwsgi/$5.socket"
    echo "ProxyPass \"$3\" \"unix:/var/run/uwsgi/$5.socket|uwsgi://uwsgi-uds-$5\" retry=0 acquire=1 " \
        >> "$(apache_site_config_for "$5")"
    restart_apache_server
}

# lib/keystone

function configure_keystone_authtoken_middleware {
    local section=${3:-keystone_authtoken}

    iniset "$1" "$section" auth_type password
    iniset "$1" "$section" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$1" "$section" username "$2"
    iniset "$1" "$section" password "$SERVICE_PASSWORD"
    iniset "$1" "$section" cafile "$SSL_BUNDLE_FILE"
    iniset "$1" "$section" memcached_servers localhost:11211
}

function create_service_user {
    record create_service_user "$@"
}

# Not DevStack's, but not to be run for real: what a mistake would reach.

function a2dissite {
    record a2dissite "$@"
    rm -f "$DISABLED_SITES/${*: -1}"
}

function sudo {
    local word

    for word in "$@"; do
        if [[ "$word" == /* && "$word" != "$SCRATCH"/* ]]; then
            die $LINENO "sudo $*"
        fi
    done
    "$@"
}
