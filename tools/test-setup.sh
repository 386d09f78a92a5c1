#!/usr/bin/env bash
# Creates the accounts and databases "openstack_citest" that oslo.db's
# opportunistic tests need, on the database servers of this machine.
# Run it as root. It skips a server that is not running, and prints its name.
set -euo pipefail

ROOT_PASSWORD=${DB_ROOT_PW:-}
NAME=openstack_citest

mysql_client=$(command -v mariadb || command -v mysql || true)
if [ -n "$mysql_client" ] && "$mysql_client" -u root ${ROOT_PASSWORD:+"-p$ROOT_PASSWORD"} -e 'SELECT 1' >/dev/null 2>&1; then
    "$mysql_client" -u root ${ROOT_PASSWORD:+"-p$ROOT_PASSWORD"} <<SQL
CREATE DATABASE IF NOT EXISTS $NAME;
CREATE USER IF NOT EXISTS '$NAME'@'localhost' IDENTIFIED BY '$NAME';
CREATE USER IF NOT EXISTS '$NAME'@'127.0.0.1' IDENTIFIED BY '$NAME';
GRANT ALL PRIVILEGES ON *.* TO '$NAME'@'localhost';
GRANT ALL PRIVILEGES ON *.* TO '$NAME'@'127.0.0.1';
SQL
    echo "MySQL or MariaDB: $NAME exists"
else
    echo "MySQL or MariaDB: not reachable as root, skipped"
fi

postgres() {
    if [ "$(id -u)" = 0 ]; then
        su postgres -c "psql -v ON_ERROR_STOP=1 -qAt -d postgres -c \"$1\""
    else
        psql -v ON_ERROR_STOP=1 -qAt -h 127.0.0.1 -U postgres -d postgres -c "$1"
    fi
}
if command -v psql >/dev/null && postgres 'SELECT 1' >/dev/null 2>&1; then
    if [ -z "$(postgres "SELECT 1 FROM pg_roles WHERE rolname = '$NAME'")" ]; then
        postgres "CREATE ROLE $NAME LOGIN CREATEDB PASSWORD '$NAME'"
    fi
    if [ -z "$(postgres "SELECT 1 FROM pg_database WHERE datname = '$NAME'")" ]; then
        postgres "CREATE DATABASE $NAME OWNER $NAME"
    fi
    echo "PostgreSQL: $NAME exists"
else
    echo "PostgreSQL: not reachable as postgres, skipped"
fi
