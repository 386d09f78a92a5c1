# SPDX-License-Identifier: Apache-2.0

"""Two applications in one process, and a process that is somebody else's."""

import subprocess
import sys

from nova_images_compat.tests import fixtures
from nova_images_compat.tests.functional import base

SIZE = 'OS-EXT-IMG-SIZE:size'


class TwoApplications(base.TestCase):
    """Each follows its own configuration, whichever was asked before."""

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
        self.ids = {
            service: [service.add_image(size=3) for _ in range(3)]
            for service in (self.small, self.large)}

    def test_catalogue(self) -> None:
        for service, ids in self.ids.items():
            with self.case(service, ids):
                images = service.request('/v2.1/images').json['images']
                self.assertEqual(ids[::-1], [image['id'] for image in images])
        for service, other in (
                (self.small, self.large), (self.large, self.small)):
            with self.case(service, other):
                response = service.request(
                    f'/v2.1/images/{self.ids[other][0]}')
                self.assert_fault(response, 404, 'itemNotFound')

    def test_max_limit(self) -> None:
        for service, pages in ((self.small, 1), (self.large, 2)):
            with self.case(service, pages):
                response = service.request('/v2.1/images?limit=3')
                self.assertEqual(pages, len(response.json['images']))

    def test_max_version(self) -> None:
        for service, newest in ((self.small, '2.40'), (self.large, '2.50')):
            with self.case(service, newest):
                document = service.request('/v2.1/', user=None).json
                self.assertEqual(newest, document['version']['version'])
        headers = {'OpenStack-API-Version': 'compute 2.45'}
        for service, code in ((self.small, 406), (self.large, 404)):
            with self.case(service, code):
                response = service.request('/v2.1/images', headers=headers)
                self.assertEqual(code, response.status_int)

    def test_link_prefixes(self) -> None:
        for service, name in ((self.small, 'small'), (self.large, 'large')):
            with self.case(service, name):
                image_id = self.ids[service][0]
                image = service.request(f'/v2.1/images/{image_id}').json['image']
                self.assertEqual(
                    [f'https://{name}.example/v2.1/images/{image_id}',
                     f'https://{name}.example/images/{image_id}',
                     f'https://image.{name}.example/images/{image_id}'],
                    [link['href'] for link in image['links']])

    def test_quota(self) -> None:
        for service, code in ((self.small, 403), (self.large, 200)):
            with self.case(service, code):
                response = service.request(
                    f'/v2.1/images/{self.ids[service][0]}/metadata', 'POST',
                    json={'metadata': {'one': '1', 'two': '2'}})
                self.assertEqual(code, response.status_int)

    def test_policy(self) -> None:
        for service, code, has_size in (
                (self.small, 403, False), (self.large, 204, True)):
            with self.case(service, code, has_size):
                path = f'/v2.1/images/{self.ids[service][0]}'
                image = service.request(path).json['image']
                self.assertEqual(has_size, SIZE in image)
                response = service.request(path, 'DELETE')
                self.assertEqual(code, response.status_int)

    def test_body_size(self) -> None:
        body = {'metadata': {'key': 'v' * 100}}
        for service, code in ((self.small, 413), (self.large, 200)):
            with self.case(service, code):
                response = service.request(
                    f'/v2.1/images/{self.ids[service][0]}/metadata', 'PUT',
                    json=body)
                self.assertEqual(code, response.status_int)


# Runs in a process of its own, as a service into which ours is pasted.
SOMEBODY_ELSES_PROCESS = '''
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

    def test_is_left_alone(self) -> None:
        configuration = self.useFixture(fixtures.Configuration({}))
        program = SOMEBODY_ELSES_PROCESS.format(
            path=configuration.path, token=fixtures.TOKENS['member'])
        finished = subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True)
        self.assertEqual(
            (0, ['200', '200', '404']),
            (finished.returncode, finished.stdout.split()),
            finished.stderr)

    def test_importing_everything_registers_nothing(self) -> None:
        program = (
            'import importlib, pkgutil\n'
            'from oslo_config import cfg\n'
            'import nova_images_compat as package\n'
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
