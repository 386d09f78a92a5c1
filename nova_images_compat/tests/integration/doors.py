# SPDX-License-Identifier: Apache-2.0

"""Web servers that end TLS in front of Keystone and Glance."""

from collections.abc import Mapping
import dataclasses
import os
import tempfile

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import frontends
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

Certificate = tuple[str, str]

# Each request makes a connection, which reads the certificates.
_HAPROXY = '''\
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    option httpclose
'''
_DOOR = '''\
frontend {name}
    bind {address} {tls}
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    {redirect}
    default_backend {name}
backend {name}
    server one {target}
'''

_NGINX = '''\
daemon off;
{user}
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen {address} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_client_certificate {clients};
        ssl_verify_client on;
        location / {{
            proxy_pass {target};
        }}
    }}
}}
'''


@dataclasses.dataclass(frozen=True)
class Door:
    """A port of HAProxy.

    :ivar target: the URL of the server behind it
    :ivar certificate: the files of its certificate and key; None: no TLS
    :ivar clients: the file of the authority of its clients' certificates;
        None: clients need none
    :ivar redirect: the status with which it redirects to https; None: it does
        not
    """

    target: str
    certificate: Certificate | None = None
    clients: str | None = None
    redirect: int | None = None


class HAProxy(process.Server):
    """HAProxy, with any number of doors.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param doors: the doors by their names
    :ivar ports: the ports of the doors, by their names
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str, doors: Mapping[str, Door],
    ) -> None:
        self.ports = {door: process.free_port() for door in doors}
        self._directory = tempfile.mkdtemp(
            prefix=f'{name}-', dir=stack.directory)
        path = os.path.join(self._directory, 'haproxy.cfg')
        with open(path, 'w') as file:
            file.write(_HAPROXY)
            for each, door in doors.items():
                file.write(self._section(each, door))
        super().__init__(
            account, name,
            [process.find_program('haproxy', 'haproxy'), '-db', '-f', path],
            os.path.join(stack.logs, f'{name}.log'),
            lambda: all(map(process.port_answers, self.ports.values())))

    def _section(self, name: str, door: Door) -> str:
        tls = ''
        if door.certificate:
            both = frontends.join(
                self._directory, f'{name}.pem', *door.certificate)
            tls = f'ssl crt {both}'
        if door.clients:
            tls += f' verify required ca-file {door.clients}'
        return _DOOR.format(
            name=name, address=f'{process.HOST}:{self.ports[name]}', tls=tls,
            target=door.target.removeprefix('http://'),
            redirect=(f'http-request redirect scheme https code '
                      f'{door.redirect}' if door.redirect else ''))


class Nginx(process.Server):
    """nginx with TLS, which requires a certificate of its clients. It answers
    in HTTP if TLS is missing or fails.

    :param account: the registry of its process
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param door: the only one
    :ivar port: the port of the door
    """

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str, door: Door,
    ) -> None:
        self.port = process.free_port()
        directory = tempfile.mkdtemp(prefix=f'{name}-', dir=stack.directory)
        path = os.path.join(directory, 'nginx.conf')
        certificate, key = door.certificate or ('', '')
        with open(path, 'w') as file:
            file.write(_NGINX.format(
                user='' if os.getuid() else 'user root;', directory=directory,
                address=f'{process.HOST}:{self.port}', target=door.target,
                certificate=certificate, key=key, clients=door.clients))
        super().__init__(
            account, name,
            [process.find_program('nginx', 'nginx-light'), '-c', path,
             '-p', directory, '-e', 'stderr'],
            os.path.join(stack.logs, f'{name}.log'),
            lambda: process.port_answers(self.port))
