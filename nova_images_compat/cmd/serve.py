# SPDX-License-Identifier: Apache-2.0

"""``nova-images-compat-api``: serves the API with waitress.

It is for development and small deployments. Others load
``nova_images_compat.wsgi:application`` into a WSGI server of their choice.
"""

from collections.abc import Callable
import ipaddress
import os
import signal
import socket
import sys
from typing import Any

from oslo_config import cfg

from nova_images_compat.api import app
from nova_images_compat.cmd import common
from nova_images_compat.conf import api
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat import extras
from nova_images_compat import process_report

CLI_OPTS = [
    cfg.HostAddressOpt(
        # [DEFAULT] host is Nova's option: the name of this machine.
        'host', dest='listen_host', default='127.0.0.1',
        help='The address to listen on.'),
    cfg.PortOpt('port', default=8774, help='The port to listen on.'),
    cfg.IntOpt(
        'threads', default=4, min=1,
        help='How many requests are served at the same time.'),
    cfg.BoolOpt(
        'insecure-noauth', default=False,
        help='Listen on an address that others can reach even if [api] '
             'auth_strategy is noauth2, which accepts every token.'),
]


@common.reports_errors
def main(*argv: str) -> int:
    """Serve until interrupted."""
    serve(reader.load(argv or sys.argv[1:], cli_opts=CLI_OPTS), _announce)
    return 0


def serve(conf: cfg.ConfigOpts, announce: Callable[[str], None]) -> None:
    """Serve until interrupted, by SIGINT or SIGTERM.

    :param conf: the service's configuration, with the options of the command
        line
    :param announce: is called with the service's URL when it listens
    :raises: MissingExtra: the extra "server" or that of the store is not
        installed
    :raises: ConfigurationError: the service cannot start, or the address
        cannot be used
    :raises: DatabaseNotReady: the database is not reachable or not migrated
    """
    extras.check(extras.SERVER, 'nova-images-compat-api')
    from waitress import server as waitress_server
    _check_access(conf)
    reader.set_up_logging(conf)
    process_report.set_up(conf)
    listener = _listen(conf.listen_host, conf.port)
    application = app.load(conf)
    server = waitress_server.create_server(
        application, sockets=[listener], threads=conf.threads, ident=None,
        # [oslo_middleware] enable_proxy_headers_parsing decides on these.
        clear_untrusted_proxy_headers=False)
    signal.signal(signal.SIGTERM, _stop)
    announce(_url(listener))
    try:
        server.run()
    finally:
        server.close()


def _announce(url: str) -> None:
    print(f'Serving on {url}', flush=True)


def _stop(number: int, frame: Any) -> None:
    raise SystemExit(0)


def _check_access(conf: cfg.ConfigOpts) -> None:
    """Check that others cannot reach a service without authentication.

    :raises: ConfigurationError: they can, without ``--insecure-noauth``
    """
    if conf.api.auth_strategy != api.NOAUTH2 or conf.insecure_noauth:
        return
    if not _is_loopback(conf.listen_host):
        raise exception.ConfigurationError(
            f'with [api] auth_strategy noauth2, which accepts every token, '
            f'--host {conf.listen_host} would let anybody in; add '
            '--insecure-noauth if you want that')


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise exception.ConfigurationError(
            f'cannot listen on {host} port {port}: '
            f'{os.strerror(error.errno) if error.errno else error}'
        ) from error


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f'http://{f"[{host}]" if ":" in host else host}:{port}'


if __name__ == '__main__':
    sys.exit(main())
