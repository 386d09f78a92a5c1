# SPDX-License-Identifier: Apache-2.0

"""Two applications in one process, and a process of another service."""

import subprocess
import sys

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

SIZE = 'OS-EXT-IMG-SIZE:size'


class TwoApplications(base.TestCase):
    """Each uses its own configuration, whatever the other one did before."""

    def setUp(self) -> None:
        super().setUp()
        self.small = self.make_service(
            {
                'api': {
                    'max_limit': 1,
                    'max_version': '2.40',
                    'compute_link_prefix': 'https://small.example',
                    'glance_link_prefix': 'https://image.small.example',
                },
                'quota': {'metadata_items': 1},
                'oslo_middleware': {'max_request_body_size': 100},
            },
            policy={
                'os_compute_api:images:delete': '!',
                'os_compute_api:image-size': '!',
            })
        self.large = self.make_service({
            'api': {
                'max_limit': 2,
                'max_version': '2.50',
                'compute_link_prefix': 'https://large.example',
                'glance_link_prefix': 'https://image.large.example',
            },
            'quota': {'metadata_items': 2},
        })
        self.services = {'small': self.small, 'large': self.large}
        self.ids = {
            service: [service.add_image(size=3) for _ in range(3)]
            for service in (self.small, self.large)}

    def test_catalogue(self) -> None:
        for name, service in self.services.items():
            ids = self.ids[service]
            with self.case(name):
                images = service.request('/v2.1/images').json['images']
                self.assertEqual(ids[::-1], [image['id'] for image in images])
        for name, other in (('small', self.large), ('large', self.small)):
            with self.case(name, 'an image of the other'):
                response = self.services[name].request(
                    f'/v2.1/images/{self.ids[other][0]}')
                self.assert_fault(response, 404, 'itemNotFound')

    def test_max_limit(self) -> None:
        for name, length in (('small', 1), ('large', 2)):
            with self.case(name):
                response = self.services[name].request('/v2.1/images?limit=3')
                self.assertEqual(length, len(response.json['images']))

    def test_max_version(self) -> None:
        for name, newest in (('small', '2.40'), ('large', '2.50')):
            with self.case(name, 'version document'):
                document = self.services[name].request(
                    '/v2.1/', user=None).json
                self.assertEqual(newest, document['version']['version'])
        headers = {'OpenStack-API-Version': 'compute 2.45'}
        for name, code in (('small', 406), ('large', 404)):
            with self.case(name, headers):
                response = self.services[name].request(
                    '/v2.1/images', headers=headers)
                self.assertEqual(code, response.status_int)

    def test_link_prefixes(self) -> None:
        for name, service in self.services.items():
            with self.case(name):
                image_id = self.ids[service][0]
                image = service.request(
                    f'/v2.1/images/{image_id}').json['image']
                self.assertEqual(
                    [f'https://{name}.example/v2.1/images/{image_id}',
                     f'https://{name}.example/images/{image_id}',
                     f'https://image.{name}.example/images/{image_id}'],
                    [link['href'] for link in image['links']])

    def test_quota(self) -> None:
        for name, code in (('small', 403), ('large', 200)):
            service = self.services[name]
            with self.case(name):
                response = service.request(
                    f'/v2.1/images/{self.ids[service][0]}/metadata', 'POST',
                    json={'metadata': {'one': '1', 'two': '2'}})
                self.assertEqual(code, response.status_int)

    def test_policy(self) -> None:
        for name, code, has_size in (
                ('small', 403, False), ('large', 204, True)):
            service = self.services[name]
            with self.case(name):
                path = f'/v2.1/images/{self.ids[service][0]}'
                image = service.request(path).json['image']
                self.assertEqual(has_size, SIZE in image)
                response = service.request(path, 'DELETE')
                self.assertEqual(code, response.status_int)

    def test_body_size(self) -> None:
        body = {'metadata': {'key': 'v' * 100}}
        for name, code in (('small', 413), ('large', 200)):
            service = self.services[name]
            with self.case(name):
                response = service.request(
                    f'/v2.1/images/{self.ids[service][0]}/metadata', 'PUT',
                    json=body)
                self.assertEqual(code, response.status_int)


# Runs in a process of its own, as a service that loads ours by paste.deploy.
OTHER_SERVICES_PROCESS = '''
from oslo_config import cfg

from nova_images_compat.api import app
from nova_images_compat.conf import reader
from nova_images_compat.db import migration
import webob

path, token = {path!r}, {token!r}
# Some libraries register their own options when they are imported.
cfg.CONF.register_opts([cfg.StrOpt('state_path', default='theirs')])
before = (sorted(cfg.CONF), cfg.CONF._args, cfg.CONF._namespace)

conf = reader.load(['--config-file', path], environ={{}})
migration.sync(conf)
application = app.load(conf)
for target in ('/', '/v2.1/images/detail', '/v2.1/images/nothing'):
    request = webob.Request.blank(target, headers={{'X-Auth-Token': token}})
    print(request.get_response(application).status_int)

assert conf is not cfg.CONF
assert conf.state_path != 'theirs'
assert cfg.CONF.state_path == 'theirs'
found = (sorted(cfg.CONF), cfg.CONF._args, cfg.CONF._namespace)
assert found == before, found
for group in ('api', 'quota', 'wsgi', 'database', 'cors', 'oslo_policy'):
    assert group not in cfg.CONF, group
'''


class GlobalConfiguration(base.TestCase):

    def test_is_not_changed(self) -> None:
        configuration = self.useFixture(fixtures.Configuration({}))
        program = OTHER_SERVICES_PROCESS.format(
            path=configuration.path, token=fixtures.TOKENS['member'])
        finished = subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True)
        self.assertEqual(
            (0, ['200', '200', '404']),
            (finished.returncode, finished.stdout.split()),
            finished.stderr)

    def test_importing_everything_registers_nothing(self) -> None:
        program = (
            'import importlib, pkgutil, sys\n'
            'from unittest import mock\n'
            'from oslo_config import cfg\n'
            'import nova_images_compat as package\n'
            '# Only in a process of uWSGI.\n'
            'sys.modules["uwsgi"] = mock.Mock()\n'
            'for module in pkgutil.walk_packages(\n'
            '        package.__path__, "nova_images_compat."):\n'
            '    name = module.name\n'
            '    if ".tests" not in name and not name.endswith(\n'
            '            (".wsgi", "migrations.env")):\n'
            '        importlib.import_module(name)\n'
            'print(sorted(set(cfg.CONF) & {"api", "quota", "wsgi", '
            '"database", "cors", "oslo_policy", "state_path"}))\n')
        finished = subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True)
        self.assertEqual(
            (0, '[]\n'), (finished.returncode, finished.stdout),
            finished.stderr)
