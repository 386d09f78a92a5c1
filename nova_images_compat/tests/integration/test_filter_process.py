# SPDX-License-Identifier: Apache-2.0

"""The filter in the process of a real Nova."""

import os
import pathlib

from nova_images_compat.tests.integration import base
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration import test_filter

SCRIPTS = pathlib.Path(__file__).parent / 'nova_process'
WRITERS = 16


class GlobalsTest(base.IntegrationTestCase):

    def test_global_configuration_is_not_touched(self) -> None:
        image_id = self.glance.create()
        options = configuration.merge(
            test_filter.filter_options(self.stack), {
                # Other values than Nova's.
                'api': {'max_limit': 7, 'compute_link_prefix': 'http://else'},
                'glance': {'endpoint_override': self.stack.image_url},
                'oslo_policy': {'enforce_scope': False}})
        config = nova.add_filter(self.stack, options)
        member = self.stack.users['member']
        given = {
            'paste': os.path.join(config, 'api-paste.ini'),
            'path': f'/images/{image_id}',
            'environ': {
                'SCRIPT_NAME': '/v2.1', 'HTTP_X_USER_ID': member.id,
                'HTTP_X_PROJECT_ID': member.project_id,
                'HTTP_X_ROLES': 'member',
                'HTTP_X_AUTH_TOKEN': self.token('member')}}
        found = self.run_script(
            self.stack.program('nova', 'python'),
            SCRIPTS / 'look_at_globals.py', given,
            {nova.CONFIG_VARIABLE: config})
        self.assertEqual(200, found['status'])
        self.assertGreater(found['options'], 500)
        self.assertEqual({}, found['changes'])


class EventletTest(operations.OperationsTestCase):
    """A Nova that eventlet patches; under uWSGI, it has native threads.

    :cvar url: the root URL of that Nova
    """

    url: str

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
