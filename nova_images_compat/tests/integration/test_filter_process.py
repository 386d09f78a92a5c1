# SPDX-License-Identifier: Apache-2.0

"""The filter as a guest in the process of a real Nova."""

import json
import os
import pathlib
import subprocess
from typing import Any

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration import test_filter

SCRIPTS = pathlib.Path(__file__).parent / 'nova_process'
WRITERS = 16


class GlobalsTest(base.IntegrationTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)

    def test_global_configuration_is_not_touched(self) -> None:
        image_id = self.glance.create()
        options = {
            **test_filter.filter_options(self.stack),
            # Unlike Nova's.
            'api': {'max_limit': 7, 'compute_link_prefix': 'http://else'},
            'oslo_policy': {'enforce_scope': False},
        }
        options['glance']['endpoint_override'] = self.stack.image_url
        config = nova.add_filter(self.stack, options)
        member = self.stack.users['member']
        found = self.run_script('look_at_globals.py', config, {
            'paste': os.path.join(config, 'api-paste.ini'),
            'path': f'/images/{image_id}',
            'environ': {
                'SCRIPT_NAME': '/v2.1', 'HTTP_X_USER_ID': member.id,
                'HTTP_X_PROJECT_ID': member.project_id,
                'HTTP_X_ROLES': 'member',
                'HTTP_X_AUTH_TOKEN': self.token('member')}})
        self.assertEqual(200, found['status'])
        self.assertGreater(found['options'], 500)
        self.assertEqual({}, found['changes'])

    def run_script(self, name: str, config: str, given: Any) -> Any:
        """Run a script beside Nova, and return what it says."""
        log = os.path.join(self.stack.logs, f'{name}.log')
        with open(log, 'ab') as errors:
            ran = subprocess.run(
                [self.stack.program('nova', 'python'), SCRIPTS / name],
                input=json.dumps(given), stdout=subprocess.PIPE,
                stderr=errors, text=True, timeout=servers.TIMEOUT,
                env={'PATH': os.environ['PATH'],
                     nova.CONFIG_VARIABLE: config})
        self.assertEqual(0, ran.returncode, log)
        return json.loads(ran.stdout)


class EventletTest(operations.OperationsTestCase):
    """Nova is monkey-patched; under uWSGI it has native threads."""

    @classmethod
    def start_servers(cls) -> None:
        port = process.free_port()
        cls.url = f'http://{process.HOST}:{port}'
        cls.start(process.Server(
            cls.account, cls.__name__,
            [cls.stack.program('nova', 'python'),
             str(SCRIPTS / 'serve_eventlet.py'), str(port)],
            os.path.join(cls.stack.logs, f'{cls.__name__}.log'),
            lambda: process.url_answers(cls.url), {
                nova.CONFIG_VARIABLE: nova.add_filter(
                    cls.stack, test_filter.filter_options(cls.stack)),
                'OS_NOVA_DISABLE_EVENTLET_PATCHING': 'false'}))

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.glance.delete_all)

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.url)

    def test_writers_of_one_image(self) -> None:
        image_id = self.glance.create()
        wanted = {f'key-{number}': 'x' for number in range(WRITERS)}
        answers = servers.in_parallel(
            lambda key: self.request(
                self.url, 'PUT', f'/v2.1/images/{image_id}/metadata/{key}',
                json={'meta': {key: 'x'}}), wanted)
        self.assertEqual(
            {200}, {answer.status_code for answer in answers})
        image = self.glance.show(image_id)
        self.assertEqual(wanted, {key: image.get(key) for key in wanted})

    def test_others(self) -> None:
        answer = self.request(self.url, 'GET', '/v2.1/servers/detail')
        self.assertEqual({'servers': []}, answer.json())
