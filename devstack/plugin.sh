#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs nova-images-compat in DevStack: as a filter in nova-api's pipeline
# (NOVA_IMAGES_COMPAT_MODE=filter), or as a separate service (service).
#
# DevStack sources this file with a mode and a phase: "stack pre-install",
# "stack install", "stack post-config", "stack extra", "stack test-config",
# "unstack", "clean". README.rst is for users. settings has the variables.

# Apache reads sites in the order of their names, and uses the first ProxyPass
# that matches a path. So this name must sort before the name of nova-api's
# site.
IMAGES_COMPAT_SITE=images-compat

# The sections of Nova's api-paste.ini whose pipelines get the filter, and the
# application at the end of these pipelines.
IMAGES_COMPAT_COMPOSITES="composite:openstack_compute_api_v21 composite:openstack_compute_api_v21_legacy_v2_compatible"
IMAGES_COMPAT_NOVA_APP=osapi_compute_app_v21

# check_images_compat_mode() - Reject an unsupported mode
function check_images_compat_mode {
    case "$NOVA_IMAGES_COMPAT_MODE" in
        filter)
            if ! is_service_enabled n-api; then
                die $LINENO "NOVA_IMAGES_COMPAT_MODE=filter needs n-api on this host; without it: disable_service images-compat"
            fi
            ;;
        service)
            ;;
        *)
            die $LINENO "NOVA_IMAGES_COMPAT_MODE must be filter or service, not '$NOVA_IMAGES_COMPAT_MODE'"
            ;;
    esac
}

# is_images_compat_service() - Return whether the mode is service
function is_images_compat_service {
    [[ "$NOVA_IMAGES_COMPAT_MODE" == "service" ]]
}

# images_compat_url() - Print the service's public URL
function images_compat_url {
    echo "$NOVA_SERVICE_PROTOCOL://$SERVICE_HOST/$NOVA_IMAGES_COMPAT_SERVICE_TYPE"
}

# install_images_compat() - Install the package from its source
function install_images_compat {
    local extras=$NOVA_IMAGES_COMPAT_EXTRAS

    # [keystone_authtoken] memcached_servers needs this extra. In nova-api, Nova
    # reads this section.
    if is_images_compat_service; then
        extras=token-cache${extras:+,$extras}
    fi
    setup_develop "$NOVA_IMAGES_COMPAT_DIR" "$extras"
}

# configure_images_compat() - Write the configuration for both modes
# configure_images_compat user
function configure_images_compat {
    local user=$1

    sudo install -d -o "$STACK_USER" "$NOVA_IMAGES_COMPAT_CONF_DIR" "$NOVA_IMAGES_COMPAT_STATE_PATH"
    rm -f "$NOVA_IMAGES_COMPAT_CONF"
    iniset "$NOVA_IMAGES_COMPAT_CONF" DEFAULT state_path "$NOVA_IMAGES_COMPAT_STATE_PATH"
    iniset "$NOVA_IMAGES_COMPAT_CONF" glance region_name "$REGION_NAME"
    if [[ "$NOVA_USE_SERVICE_TOKEN" == "True" ]]; then
        iniset "$NOVA_IMAGES_COMPAT_CONF" service_user send_service_user_token True
        configure_keystone_authtoken_middleware "$NOVA_IMAGES_COMPAT_CONF" "$user" service_user
        # The function above always sets cafile, also without TLS, when there
        # is no such file.
        if [[ ! -f "$SSL_BUNDLE_FILE" ]]; then
            inidelete "$NOVA_IMAGES_COMPAT_CONF" service_user cafile
        fi
    fi
}

# add_images_compat_filter() - Add the filter to Nova's pipelines
function add_images_compat_filter {
    local composite
    local pipeline

    # An earlier run may have added it.
    remove_images_compat_filter
    for composite in $IMAGES_COMPAT_COMPOSITES; do
        pipeline=$(iniget "$NOVA_API_PASTE_INI" "$composite" keystone)
        if [[ " $pipeline " != *" $IMAGES_COMPAT_NOVA_APP "* ]]; then
            die $LINENO "no $IMAGES_COMPAT_NOVA_APP in [$composite] keystone of $NOVA_API_PASTE_INI"
        fi
        iniset "$NOVA_API_PASTE_INI" "$composite" keystone "${pipeline/$IMAGES_COMPAT_NOVA_APP/images_compat $IMAGES_COMPAT_NOVA_APP}"
    done
    iniset "$NOVA_API_PASTE_INI" filter:images_compat config_file "$NOVA_IMAGES_COMPAT_CONF"
    iniset "$NOVA_API_PASTE_INI" filter:images_compat use "egg:nova-images-compat#images_compat"
}

# remove_images_compat_filter() - Remove the filter from Nova's pipelines
function remove_images_compat_filter {
    local composite
    local pipeline

    if [[ ! -f "$NOVA_API_PASTE_INI" ]]; then
        return 0
    fi
    for composite in $IMAGES_COMPAT_COMPOSITES; do
        pipeline=" $(iniget "$NOVA_API_PASTE_INI" "$composite" keystone)"
        if [[ "$pipeline" == *" images_compat "* ]]; then
            pipeline=${pipeline/ images_compat / }
            iniset "$NOVA_API_PASTE_INI" "$composite" keystone "${pipeline# }"
        fi
    done
    inidelete "$NOVA_API_PASTE_INI" filter:images_compat use
    inidelete "$NOVA_API_PASTE_INI" filter:images_compat config_file
    # Remove the section, and the empty line that iniset added before it.
    sed -i -z -E 's/\n?\n\[filter:images_compat\]\n/\n/' "$NOVA_API_PASTE_INI"
}

# configure_images_compat_service() - Configure the service and the web server
# in front of it
function configure_images_compat_service {
    iniset "$NOVA_IMAGES_COMPAT_CONF" DEFAULT debug "$ENABLE_DEBUG_LOG_LEVEL"
    if [[ "$SYSLOG" != "False" ]]; then
        iniset "$NOVA_IMAGES_COMPAT_CONF" DEFAULT use_syslog True
    fi
    setup_logging "$NOVA_IMAGES_COMPAT_CONF"
    configure_keystone_authtoken_middleware "$NOVA_IMAGES_COMPAT_CONF" "$NOVA_IMAGES_COMPAT_USER"
    if is_service_enabled tls-proxy; then
        iniset "$NOVA_IMAGES_COMPAT_CONF" oslo_middleware enable_proxy_headers_parsing True
    fi

    cp "$NOVA_IMAGES_COMPAT_DIR/etc/nova-images-compat/api-paste.ini" "$NOVA_IMAGES_COMPAT_CONF_DIR"
    iniset "$NOVA_IMAGES_COMPAT_CONF" wsgi api_paste_config "$NOVA_IMAGES_COMPAT_CONF_DIR/api-paste.ini"

    # write_uwsgi_config appends to the site file of an earlier run.
    sudo rm -f "$(apache_site_config_for "$IMAGES_COMPAT_SITE")"
    write_uwsgi_config "$NOVA_IMAGES_COMPAT_UWSGI_CONF" "$NOVA_IMAGES_COMPAT_UWSGI" "/$NOVA_IMAGES_COMPAT_SERVICE_TYPE" "" "$IMAGES_COMPAT_SITE"
    # Without need-app, uWSGI starts without an application and answers 500, and
    # DevStack takes the service for started.
    iniset "$NOVA_IMAGES_COMPAT_UWSGI_CONF" uwsgi need-app true
    iniset "$NOVA_IMAGES_COMPAT_UWSGI_CONF" uwsgi env "OS_NOVA_IMAGES_COMPAT_CONFIG_FILES=$NOVA_IMAGES_COMPAT_CONF"
    if is_service_enabled n-api; then
        route_compute_images
    fi
}

# route_compute_images() - Send the image paths of the compute endpoint to the
# service
function route_compute_images {
    local paths='^/compute(/v2(?:\.1)?/(?:[0-9a-f-]+/)?images(?:/.*)?)$'
    local socket

    socket=$(iniget "$NOVA_IMAGES_COMPAT_UWSGI_CONF" uwsgi socket)
    echo "ProxyPassMatch \"$paths\" \"unix:$socket|uwsgi://uwsgi-uds-$IMAGES_COMPAT_SITE\$1\" retry=0 acquire=1" \
        | sudo tee -a "$(apache_site_config_for "$IMAGES_COMPAT_SITE")"
    restart_apache_server
}

# create_images_compat_accounts() - Create the user and the endpoint
function create_images_compat_accounts {
    create_service_user "$NOVA_IMAGES_COMPAT_USER"
    get_or_create_service nova-images-compat "$NOVA_IMAGES_COMPAT_SERVICE_TYPE" "Nova Images API"
    get_or_create_endpoint "$NOVA_IMAGES_COMPAT_SERVICE_TYPE" "$REGION_NAME" "$(images_compat_url)/v2.1"
}

# start_images_compat() - Start the service and wait until it answers
function start_images_compat {
    run_process images-compat "$(command -v uwsgi) --procname-prefix images-compat --ini $NOVA_IMAGES_COMPAT_UWSGI_CONF"
    if ! wait_for_service "$SERVICE_TIMEOUT" "$(images_compat_url)/healthcheck"; then
        die $LINENO "images-compat did not start"
    fi
}

# configure_images_compat_tempest() - Set the endpoint that Tempest tests
function configure_images_compat_tempest {
    local catalog_type=compute

    if is_images_compat_service; then
        catalog_type=$NOVA_IMAGES_COMPAT_SERVICE_TYPE
    fi
    iniset "$TEMPEST_CONFIG" images_compat catalog_type "$catalog_type"
}

# stop_images_compat() - Stop the service, if there is one, and send its paths
# to Nova again
function stop_images_compat {
    # This file tells in which mode stack.sh ran. The mode may have changed.
    if [[ ! -f "$NOVA_IMAGES_COMPAT_UWSGI_CONF" ]]; then
        return 0
    fi
    stop_process images-compat
    remove_uwsgi_config "$NOVA_IMAGES_COMPAT_UWSGI_CONF" "$IMAGES_COMPAT_SITE"
    sudo rm -f "$(apache_site_config_for "$IMAGES_COMPAT_SITE")"
    if is_ubuntu; then
        # Debian's Apache, too, keeps a marker of each site that was disabled.
        sudo a2dissite --purge --quiet "$IMAGES_COMPAT_SITE"
    fi
}

# cleanup_images_compat() - Remove the files of both modes
function cleanup_images_compat {
    remove_images_compat_filter
    sudo rm -rf "$NOVA_IMAGES_COMPAT_CONF_DIR" "$NOVA_IMAGES_COMPAT_STATE_PATH"
}

# post_config_images_compat() - Configure the filter or the service
function post_config_images_compat {
    if is_images_compat_service; then
        configure_images_compat "$NOVA_IMAGES_COMPAT_USER"
        configure_images_compat_service
        if is_service_enabled keystone; then
            create_images_compat_accounts
        fi
    else
        # nova-api starts after this phase.
        configure_images_compat nova
        add_images_compat_filter
    fi
}

if is_service_enabled images-compat; then
    if [[ "$1" == "stack" ]]; then
        check_images_compat_mode
    fi

    case "$1${2:+ $2}" in
        "stack install")
            echo_summary "Installing nova-images-compat"
            install_images_compat
            ;;
        "stack post-config")
            echo_summary "Configuring nova-images-compat as a $NOVA_IMAGES_COMPAT_MODE"
            post_config_images_compat
            ;;
        "stack extra")
            if is_images_compat_service; then
                echo_summary "Starting nova-images-compat"
                start_images_compat
            fi
            ;;
        "stack test-config")
            if is_service_enabled tempest; then
                configure_images_compat_tempest
            fi
            ;;
        "unstack")
            stop_images_compat
            ;;
        "clean")
            cleanup_images_compat
            ;;
    esac
fi
