# SPDX-License-Identifier: Apache-2.0

"""Tests of the built-in server."""

import json
import signal
import socket
import subprocess
import sys
from unittest import mock
from urllib import request

import fixtures

from nova_images_compat.cmd import serve
from nova_images_compat.conf import reader
from nova_images_compat import exception
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit import helpers

FORWARDED = {
    'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'public.example'}


class ServeTest(helpers.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.service = self.useFixture(own_fixtures.Service())
        for target in ('oslo_log.log.setup', 'signal.signal'):
            self.useFixture(fixtures.MockPatch(target))
        self.make_server = self.useFixture(fixtures.MockPatch(
            'waitress.server.create_server')).mock
        self.announce = mock.Mock()

    def _serve(self, *arguments: str, **api: str) -> None:
        path = self.useFixture(own_fixtures.Configuration({
            'DEFAULT': {
                'state_path': self.service.configuration.directory,
                # Nova's, and no address to listen on.
                'host': 'compute-1.example'},
            'api': api,
            'keystone_authtoken': {
                'auth_type': 'password', 'auth_url': 'http://127.0.0.1:1'},
        })).path
        conf = reader.load(
            ['--config-file', path, *arguments], environ={},
            cli_opts=serve.CLI_OPTS)
        self.addCleanup(self._close)
        serve.serve(conf, self.announce)

    def _close(self) -> None:
        for call in self.make_server.call_args_list:
            for listener in call.kwargs['sockets']:
                listener.close()

    def _refusal(self, *arguments: str, **api: str) -> str:
        error = self.assertRaises(
            exception.OperatorError, self._serve, *arguments, **api)
        self.make_server.assert_not_called()
        self.announce.assert_not_called()
        return str(error)

    def test_url_is_announced(self) -> None:
        for arguments, pattern in (
                (('--port', '0'), r'http://127\.0\.0\.1:[1-9][0-9]*'),
                (('--port', '0', '--host', 'localhost'),
                 r'http://127\.0\.0\.1:[1-9][0-9]*'),
                (('--port', '0', '--host', '::1'),
                 r'http://\[::1\]:[1-9][0-9]*')):
            with self.case(arguments):
                self._serve(*arguments)
                self.assertRegex(self.announce.call_args.args[0],
                                 f'^{pattern}$')
                self.make_server.return_value.run.assert_called()
                self.make_server.return_value.close.assert_called()

    def test_without_its_extra(self) -> None:
        with own_fixtures.Installed({'waitress': None}):
            self.assertIn(
                'nova-images-compat-api needs waitress', self._refusal())

    def test_threads(self) -> None:
        self._serve('--port', '0', '--threads', '9')
        self.assertEqual(9, self.make_server.call_args.kwargs['threads'])

    def test_port_that_is_taken(self) -> None:
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = str(taken.getsockname()[1])
            refusal = self._refusal('--port', port)
        self.assertIn(f'127.0.0.1 port {port}', refusal)
        self.assertIn('in use', refusal)

    def test_open_door(self) -> None:
        for host in ('0.0.0.0', '::', '192.0.2.1', '::ffff:192.0.2.1',
                     'elsewhere.example', 'localhost.example'):
            with self.case(host):
                refusal = self._refusal('--port', '0', '--host', host)
                self.assertIn('noauth2', refusal)
                self.assertIn(host, refusal)
                self.assertIn('--insecure-noauth', refusal)

    def test_open_door_that_is_wanted(self) -> None:
        self._serve('--port', '0', '--host', '0.0.0.0', '--insecure-noauth')
        self.assertRegex(
            self.announce.call_args.args[0], r'^http://0\.0\.0\.0:')

    def test_with_keystone_every_address_will_do(self) -> None:
        self._serve(
            '--port', '0', '--host', '0.0.0.0', auth_strategy='keystone')
        self.announce.assert_called_once()

    def test_host_that_is_not_this_machines(self) -> None:
        refusal = self._refusal(
            '--port', '0', '--host', '192.0.2.1', auth_strategy='keystone')
        self.assertIn('192.0.2.1', refusal)

    def test_service_that_cannot_start(self) -> None:
        refusal = self._refusal('--port', '0', image_store='nowhere')
        self.assertIn('nowhere', refusal)

    def test_server_is_closed_whatever_happens(self) -> None:
        self.make_server.return_value.run.side_effect = RuntimeError()
        self.assertRaises(RuntimeError, self._serve, '--port', '0')
        self.make_server.return_value.close.assert_called_once()


def _heed_interrupts() -> None:
    """Let SIGINT end the process: a shell ignores it in the commands that it
    runs in the background, such as the tests.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class ProcessTest(helpers.TestCase):

    def _start(self, path: str) -> str:
        """Start a server, and return its URL."""
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'nova_images_compat.cmd.serve',
             '--config-file', path, '--port', '0'], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=_heed_interrupts)
        self.addCleanup(self.process.communicate)
        self.addCleanup(self.process.kill)
        output = self.process.stdout
        assert output is not None
        line = next(line for line in output if line.startswith('Serving'))
        return line.removeprefix('Serving on ').strip()

    def _self_link(self, url: str, headers: dict[str, str]) -> str:
        opener = request.build_opener(request.ProxyHandler({}))
        asked = request.Request(f'{url}/v2.1/', headers=headers)
        with opener.open(asked, timeout=30) as answer:
            return json.load(answer)['version']['links'][0]['href']

    def test_serves_until_it_is_told_to_stop(self) -> None:
        service = self.useFixture(own_fixtures.Service())
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.case(number):
                url = self._start(service.configuration.path)
                self.assertEqual(
                    f'{url}/v2.1/', self._self_link(url, FORWARDED))
                self.process.send_signal(number)
                _, errors = self.process.communicate(timeout=30)
                self.assertEqual(0, self.process.returncode)
                self.assertNotIn('Traceback', errors)

    def test_believes_a_proxy_where_configured(self) -> None:
        service = self.useFixture(own_fixtures.Service(options={
            'oslo_middleware': {'enable_proxy_headers_parsing': True}}))
        url = self._start(service.configuration.path)
        self.assertEqual(
            'https://public.example/v2.1/', self._self_link(url, FORWARDED))


class MainTest(helpers.TestCase):

    def test_error_is_one_line_and_status_1(self) -> None:
        result = helpers.run_python(
            '-m', 'nova_images_compat.cmd.serve', '--config-file', '/none')
        self.assertEqual(1, result.returncode)
        self.assertEqual(
            'nova-images-compat: configuration file not found or not '
            'readable: /none\n', result.stderr)
