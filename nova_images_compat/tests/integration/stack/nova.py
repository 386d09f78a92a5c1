# SPDX-License-Identifier: Apache-2.0

"""A real Nova API, without compute hosts."""

from collections.abc import Mapping
import os
import re
import shutil
import tempfile

from nova_images_compat.tests.integration.stack import component
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import description
from nova_images_compat.tests.integration.stack import errors
from nova_images_compat.tests.integration.stack import registry
from nova_images_compat.tests.integration.stack import uwsgi

# Nova has the module since version 31, and before that only a script.
_MODULE = 'nova.wsgi.osapi_compute:application'
_SCRIPT = 'nova-api-wsgi'
_RELEASES_WITH_SCRIPT = ('2024.1',)

CONFIG_VARIABLE = 'OS_NOVA_CONFIG_DIR'

_CONF = 'nova.conf'
_PASTE = 'api-paste.ini'
_PIPELINE_END = ' osapi_compute_app_v21'
_KEYSTONE_PIPELINE = re.compile(r'^keystone\w* *=.*$', re.MULTILINE)

# The section that an operator adds to api-paste.ini.
_FILTER = '''
[filter:images_compat]
use = egg:nova-images-compat#images_compat
{options}
'''


class Nova(component.OpenStackService):
    """Nova's API and one cell."""

    def _setUp(self) -> None:
        config = config_directory(self.stack)
        self.directory = os.path.dirname(config)
        os.makedirs(config)
        self.config = configuration.write(
            os.path.join(config, _CONF), self._options(config))
        shutil.copy(
            os.path.join(self.stack.venvs['nova'], 'etc/nova', _PASTE), config)
        self._manage('api_db', 'sync')
        self._manage(
            'cell_v2', 'map_cell0', '--database_connection',
            self.stack.database_url('nova_cell0'))
        self._manage('db', 'sync')
        self._manage('cell_v2', 'create_cell', '--name', 'cell1')
        self.server = self.useFixture(server(
            self.account, self.stack, 'nova', config, port=self.port))

    def _options(self, config: str) -> configuration.Options:
        return {
            'DEFAULT': {
                'use_stderr': True,
                'state_path': self.directory,
                'transport_url': 'fake:/',
                'my_ip': '127.0.0.1',
                'host': 'localhost',
            },
            'api_database': {
                'connection': self.stack.database_url('nova_api')},
            'database': {'connection': self.stack.database_url('nova_cell1')},
            'keystone_authtoken': self.stack.keystone_authtoken('nova'),
            'service_user': {
                **self.stack.keystone_user('nova'),
                'send_service_user_token': True},
            'glance': {
                'valid_interfaces': 'public',
                'region_name': description.REGION},
            'wsgi': {
                'api_paste_config': os.path.join(config, _PASTE)},
            'oslo_concurrency': {
                'lock_path': os.path.join(self.directory, 'locks')},
        }

    def _manage(self, *arguments: str) -> None:
        self.account.run(
            f'nova-manage {" ".join(arguments[:2])}',
            [self.stack.program('nova', 'nova-manage'),
             '--config-file', self.config, *arguments],
            os.path.join(self.stack.logs, 'nova-manage.log'))


def config_directory(stack: description.Description) -> str:
    """Return the directory of Nova's configuration."""
    return os.path.join(stack.directory, 'nova', 'config')


def add_filter(
    stack: description.Description, options: configuration.Options | None,
    section: str = '',
) -> str:
    """Copy Nova's configuration, and add our filter to its pipelines.

    :param options: the options of the filter; None: it reads nova.conf
    :param section: further options of its section in api-paste.ini;
        "{nova_conf}" stands for the path of nova.conf
    :returns: the directory of the copy
    :raises: StackError: a pipeline with Keystone cannot have the filter
    """
    directory = os.path.join(
        tempfile.mkdtemp(prefix='nova-', dir=stack.directory), 'config')
    shutil.copytree(config_directory(stack), directory)
    conf = os.path.join(directory, _CONF)
    paste = os.path.join(directory, _PASTE)
    with open(conf, 'a') as file:
        file.write(f'[wsgi]\napi_paste_config = {paste}\n')
    if options is not None:
        section = 'config_file = ' + configuration.write(
            os.path.join(os.path.dirname(directory), 'images.conf'), options)
    with open(paste) as file:
        pipelines = _paste_filter(file.read())
    with open(paste, 'w') as file:
        file.write(pipelines)
        file.write(_FILTER.format(
            options=section.replace('{nova_conf}', conf)))
    return directory


def _paste_filter(text: str) -> str:
    """Add our filter before the application of each pipeline."""
    text = re.sub(
        f'{_PIPELINE_END}$', f' images_compat{_PIPELINE_END}', text,
        flags=re.MULTILINE)
    pipelines = _KEYSTONE_PIPELINE.findall(text)
    if not pipelines or not all(
            ' images_compat ' in pipeline for pipeline in pipelines):
        raise errors.StackError(
            f'{_PASTE} of this Nova is unknown: the filter belongs '
            f'before "{_PIPELINE_END}" in {pipelines}')
    return text


def application(stack: description.Description) -> str:
    """Return the name of Nova's API for uWSGI."""
    if stack.release in _RELEASES_WITH_SCRIPT:
        return stack.program('nova', _SCRIPT)
    return _MODULE


def server(
    account: registry.Registry, stack: description.Description, name: str,
    config: str, module: str | None = None, port: int | None = None,
    environment: Mapping[str, str] | None = None,
    processes: int = uwsgi.PROCESSES, threads: int = uwsgi.THREADS,
) -> uwsgi.Server:
    """Return a server on Nova's databases.

    :param account: the registry of its processes
    :param stack: the stack that it belongs to
    :param name: a unique name
    :param config: the directory of its configuration
    :param module: the application; None: Nova's API
    :param port: the port; None: a free one
    :param environment: further variables
    :param processes: the number of processes
    :param threads: the number of threads of each process
    """
    return uwsgi.Server(
        account, name, stack.program('nova', ''),
        module or application(stack), port, stack.logs,
        {CONFIG_VARIABLE: config, **(environment or {})}, processes, threads)
