# SPDX-License-Identifier: Apache-2.0

"""Web servers with the samples, as Debian packages them."""

import os
import pathlib
import tempfile

from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import registry

SAMPLES = pathlib.Path(__file__).parents[4] / 'etc/nova-images-compat'

# The addresses in the samples.
PORT = '8774'
NOVA = '127.0.0.1:18774'
SERVICE = '127.0.0.1:18775'

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
    include {sample};
}}
'''

_APACHE_MODULES = (
    'mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http', 'ssl')
_APACHE = '''\
ServerRoot {directory}
ServerName localhost
PidFile {directory}/apache.pid
DefaultRuntimeDir {directory}
Mutex posixsem
{user}
{modules}
ErrorLog /dev/stderr
Include {sample}
'''


def join(directory: str, name: str, *files: str) -> str:
    """Write the contents of files into one, as HAProxy needs a certificate and
    its key, and return its path.
    """
    path = os.path.join(directory, name)
    with open(path, 'w') as file:
        file.write(''.join(pathlib.Path(each).read_text() for each in files))
    return path


class Frontend(process.Server):
    """The compute endpoint: a web server before Nova and our service.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param services: the addresses of our services; only HAProxy supports more
        than one
    :param certificate: the files of a certificate and of its key, for TLS;
        None: it does not speak TLS
    :cvar sample: the name of the sample file
    """

    sample: str

    def __init__(
        self, account: registry.Registry, stack: description.Description,
        name: str, *services: str,
        certificate: tuple[str, str] | None = None,
    ) -> None:
        self.port = process.free_port()
        scheme = 'https' if certificate else 'http'
        self.url = f'{scheme}://{process.HOST}:{self.port}'
        self.directory = tempfile.mkdtemp(
            prefix=f'{name}-', dir=stack.directory)
        self.certificate = certificate
        path = os.path.join(self.directory, self.sample)
        with open(path, 'w') as file:
            file.write(self.fill(stack, services))
        super().__init__(
            account, name, self.find_command(path),
            os.path.join(stack.logs, f'{name}.log'),
            lambda: process.port_answers(self.port))

    def fill(
        self, stack: description.Description, services: tuple[str, ...],
    ) -> str:
        """Return the sample with the addresses of the stack.

        :raises: ValueError: the sample does not have the expected text
        """
        text = (SAMPLES / self.sample).read_text()
        for old, new in (
                (NOVA, stack.nova_url.removeprefix('http://')),
                (SERVICE, services[0]),
                *self.listen(f'{process.HOST}:{self.port}'),
                *self.enable_tls()):
            if old not in text:
                raise ValueError(f'{self.sample} does not have "{old}"')
            text = text.replace(old, new)
        return text

    def listen(self, address: str) -> tuple[tuple[str, str], ...]:
        """Return texts of the sample, each with the text that replaces it.

        :param address: the address to listen on
        """
        raise NotImplementedError()

    def enable_tls(self) -> tuple[tuple[str, str], ...]:
        """Return further texts, with those that replace them, for TLS."""
        raise NotImplementedError()

    def find_command(self, path: str) -> list[str]:
        """Return the command of the web server.

        :param path: the path of the filled in sample
        """
        raise NotImplementedError()

    def write(self, name: str, text: str, sample: str, user: str) -> str:
        """Write the configuration file that includes a sample.

        :param user: the lines that set the user, if we are root
        :returns: the path
        """
        path = os.path.join(self.directory, name)
        with open(path, 'w') as file:
            file.write(text.format(
                directory=self.directory, sample=sample,
                user='' if os.getuid() else user,
                modules='\n'.join(
                    f'LoadModule {module}_module '
                    f'/usr/lib/apache2/modules/mod_{module}.so'
                    for module in _APACHE_MODULES)))
        return path


class Nginx(Frontend):

    sample = 'nginx.conf'

    def listen(self, address: str) -> tuple[tuple[str, str], ...]:
        return ((f'listen {PORT};', f'listen {address};'),)

    def enable_tls(self) -> tuple[tuple[str, str], ...]:
        if not self.certificate:
            return ()
        certificate, key = self.certificate
        address = f'{process.HOST}:{self.port}'
        return ((f'listen {address};',
                 f'listen {address} ssl;\n    ssl_certificate {certificate};\n'
                 f'    ssl_certificate_key {key};'),)

    def find_command(self, path: str) -> list[str]:
        around = self.write('main.conf', _NGINX, path, 'user root;')
        return [process.find_program('nginx', 'nginx-light'), '-c', around,
                '-p', self.directory, '-e', 'stderr']


class HAProxy(Frontend):

    sample = 'haproxy.cfg'
    second = '# server images2 127.0.0.2:18775'

    def fill(
        self, stack: description.Description, services: tuple[str, ...],
    ) -> str:
        text = super().fill(stack, services)
        for number, service in enumerate(services[1:], 2):
            text = text.replace(
                self.second, f'server images{number} {service}')
        return text

    def listen(self, address: str) -> tuple[tuple[str, str], ...]:
        return ((f'bind :{PORT}', f'bind {address}'),)

    def enable_tls(self) -> tuple[tuple[str, str], ...]:
        if not self.certificate:
            return ()
        bind = f'bind {process.HOST}:{self.port}'
        both = join(self.directory, 'both.pem', *self.certificate)
        return ((bind, f'{bind} ssl crt {both}'),)

    def find_command(self, path: str) -> list[str]:
        return [process.find_program('haproxy', 'haproxy'), '-db', '-f', path]


class Apache(Frontend):

    sample = 'apache.conf'

    def listen(self, address: str) -> tuple[tuple[str, str], ...]:
        return ((f'Listen {PORT}', f'Listen {address}'),
                (f'*:{PORT}', address))

    def enable_tls(self) -> tuple[tuple[str, str], ...]:
        if not self.certificate:
            return ()
        certificate, key = self.certificate
        address = f'{process.HOST}:{self.port}'
        return ((f'Listen {address}', f'Listen {address} https'),
                (f'<VirtualHost {address}>',
                 f'<VirtualHost {address}>\n    SSLEngine on\n'
                 f'    SSLCertificateFile {certificate}\n'
                 f'    SSLCertificateKeyFile {key}'))

    def find_command(self, path: str) -> list[str]:
        around = self.write(
            'main.conf', _APACHE, path, 'User www-data\nGroup www-data')
        return [process.find_program('apache2', 'apache2'),
                '-D', 'FOREGROUND', '-f', around]
