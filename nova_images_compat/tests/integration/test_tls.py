# SPDX-License-Identifier: Apache-2.0

"""Keystone and Glance behind TLS, with an authority of their own."""

from collections.abc import Mapping
import os
import pathlib
import tempfile
from typing import Any

from nova_images_compat.tests import certificates
from nova_images_compat.tests.integration import behind_tls
from nova_images_compat.tests.integration import doors
from nova_images_compat.tests.integration import keystones
from nova_images_compat.tests.integration import operations
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import configuration
from nova_images_compat.tests.integration.stack import nova
from nova_images_compat.tests.integration.stack import process
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import uwsgi
from nova_images_compat.tests.integration import statuses
from nova_images_compat.tests.integration import test_proxies

PROBLEMS = behind_tls.PROBLEMS

IDENTITY = 'Identity service'
STORE = 'Image store'
IMAGE = 'Image service'
CATALOGUE = 'its endpoint in the catalogue (or set [glance] endpoint_override)'
OVERRIDE = '[glance] endpoint_override'


class TLSTest(behind_tls.TLSTestCase):
    """A service with certificates for everything.

    :cvar trusted: the files of authorities, by the group of their options
    """

    trusted: Mapping[str, pathlib.Path]
    api: service.Service

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        directory = pathlib.Path(tempfile.mkdtemp(dir=cls.stack.directory))
        cls.trusted = {
            name: directory / f'{name}.pem'
            for name in ('keystone_authtoken', 'glance', 'service_user')}
        for name in cls.trusted:
            cls.trust(name, cls.authority)
        keystone_url = f'{cls.url("keystone")}/v3'
        region = cls.new_region('identity', 'internal', keystone_url)
        options: dict[str, dict[str, Any]] = {
            'keystone_authtoken': {
                'auth_url': keystone_url, 'region_name': region,
                'token_cache_time': -1, 'http_request_max_retries': 0},
            'service_user': {
                **keystones.service_user(cls.stack),
                'auth_url': keystone_url},
            'glance': {'region_name': cls.new_region(
                'image', 'public', cls.url('glance'))}}
        for name, path in cls.trusted.items():
            options[name].update(cafile=str(path), **cls.client)
        cls.api = cls.start(cls.new_service('right', options))

    @classmethod
    def trust(cls, group: str, authority: certificates.Authority) -> None:
        cls.trusted[group].write_text(
            pathlib.Path(authority.file).read_text())

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.api.url)

    def test_glance(self) -> None:
        image_id = self.glance.create()
        for door, told in PROBLEMS.items():
            told = told.replace('GROUP', 'glance').replace('OPTION', CATALOGUE)
            for method, path, body in (
                    ('GET', '/v2.1/images/detail', None),
                    ('GET', f'/v2.1/images/{image_id}', None),
                    ('PUT', f'/v2.1/images/{image_id}/metadata/a',
                     {'meta': {'a': '1'}}),
                    ('DELETE', f'/v2.1/images/{image_id}', None)):
                with self.case(door, method, path):
                    self.select('glance', door)
                    self.assertTold(
                        self.api.server, told, method, path, json=body)
        self.assertNotIn('a', self.glance.show(image_id))

    def test_keystone(self) -> None:
        for door, told in PROBLEMS.items():
            with self.case(door):
                self.select('keystone', door)
                self.assertTold(
                    self.api.server,
                    told.replace('GROUP', 'keystone_authtoken').replace(
                        'OPTION', '[keystone_authtoken] auth_url'))

    def test_renewed_authorities(self) -> None:
        """No restart is necessary."""
        for group, name in (('glance', 'glance'),
                            ('keystone_authtoken', 'keystone')):
            self.addCleanup(self.trust, group, self.authority)
            for authority, door in ((self.stranger, 'foreign'),
                                    (self.authority, 'right')):
                with self.case(group, door):
                    self.trust(group, authority)
                    self.assertTold(
                        self.api.server, f'set [{group}] cafile to the file')
                    self.select(name, door)
                    self.forget_tokens()
                    answer = self.request(self.api.url, 'GET', '/v2.1/images')
                    self.assertEqual(200, answer.status_code, answer.text)

    def test_file_is_gone(self) -> None:
        # The token of [service_user] is kept.
        for group in ('glance', 'keystone_authtoken'):
            path = self.trusted[group]
            self.addCleanup(self.trust, group, self.authority)
            with self.case(group):
                path.unlink()
                self.assertTold(
                    self.api.server,
                    f'[{group}] cafile: there is no file {path}')
            self.trust(group, self.authority)

    def test_upgrade_check(self) -> None:
        cases = self.wrong_options()
        found = servers.in_parallel(
            lambda case: statuses.check(
                self.api.config, configuration.text(case[0])), cases)
        for (options, wanted), status in zip(cases, found, strict=True):
            with self.case(options, status):
                self.assertEqual(wanted.keys(), status.failures.keys())
                self.assertEqual(
                    statuses.FAILURE if wanted else statuses.WARNING,
                    status.code)
                for name, told in wanted.items():
                    with self.case(options, name):
                        self.assertIn(told, status.failures[name])

    def wrong_options(
        self,
    ) -> tuple[tuple[configuration.Options, dict[str, str]], ...]:
        """Return options, and what the checks that fail with them tell."""
        other = self.stranger.file
        named = self.url('keystone').replace(process.HOST, 'localhost')
        unknown = 'cafile to the file of this authority'
        return (
            ({}, {}),
            ({'keystone_authtoken': {'cafile': other}}, dict.fromkeys(
                (IDENTITY, STORE, IMAGE),
                f'set [keystone_authtoken] {unknown}')),
            ({'keystone_authtoken': {'auth_url': f'{named}/v3'}},
             dict.fromkeys(
                 (IDENTITY, STORE, IMAGE),
                 'for another name: correct [keystone_authtoken] auth_url')),
            ({'keystone_authtoken': {
                'auth_url': self.stack.auth_url, 'cafile': other}},
             {IDENTITY: 'The user of [keystone_authtoken] cannot validate '
                        'tokens: unknown authority'}),
            ({'service_user': {'cafile': other}}, dict.fromkeys(
                (IDENTITY, IMAGE), f'set [service_user] {unknown}')),
            ({'glance': {'cafile': other}}, dict.fromkeys(
                (STORE, IMAGE), f'set [glance] {unknown}')),
            ({'glance': {'certfile': '/no/such'}}, dict.fromkeys(
                (STORE, IMAGE),
                '[glance] certfile: there is no file /no/such')),
            ({'glance': {'endpoint_override': self.url('glance', 'http')}},
             {STORE: '', IMAGE: 'its URL must begin with https: correct '
                                '[glance] endpoint_override'}),
            ({'glance': {'endpoint_override':
                         f'http://{process.HOST}:'
                         f'{self.ports["glance-redirect-301"]}'}},
             dict.fromkeys(
                 (STORE, IMAGE), 'redirects are not followed: correct '
                 '[glance] endpoint_override')))


class OptionsTest(behind_tls.TLSTestCase):
    """Services with other options.

    :cvar untrusting: has no authority for Glance
    :cvar insecure: does not verify any server
    :cvar unencrypted: calls Glance without TLS
    :cvar nginx: requires a certificate, in front of Glance
    """

    untrusting: service.Service
    insecure: service.Service
    unencrypted: service.Service
    nginx: doors.Nginx

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        glance = {'endpoint_override': cls.url('glance')}
        cls.untrusting = cls.new_service('untrusting', {'glance': glance})
        keystone_url = f'{cls.url("keystone")}/v3'
        cls.insecure = cls.new_service('insecure', {
            'api': {'compute_link_prefix': 'https://compute.example.com'},
            'keystone_authtoken': {
                'auth_url': keystone_url, 'token_cache_time': -1,
                'insecure': True, 'region_name': cls.new_region(
                    'identity', 'internal', keystone_url)},
            'service_user': {
                **keystones.service_user(cls.stack),
                'auth_url': keystone_url, 'insecure': True},
            'glance': {
                **glance, 'insecure': True, 'cafile': cls.stranger.file}})
        cls.unencrypted = cls.new_service('unencrypted', {
            'glance': {'endpoint_override': cls.url('glance', 'http')}})
        cls.nginx = doors.Nginx(
            cls.account, cls.stack, f'{cls.__name__}-nginx', doors.Door(
                cls.stack.image_url, cls.authority.issue('nginx'),
                cls.authority.file))
        cls.start_all(
            cls.untrusting, cls.insecure, cls.unencrypted, cls.nginx)

    def select_nginx(self) -> None:
        self.relays['glance'].server = (process.HOST, self.nginx.port)

    def test_no_authority(self) -> None:
        self.assertTold(
            self.untrusting.server,
            PROBLEMS['foreign'].replace('GROUP', 'glance'))

    def test_insecure(self) -> None:
        for door in ('foreign', 'renamed', 'expired'):
            self.select('keystone', door)
            self.select('glance', door)
            with self.case(door):
                answer = self.request(self.insecure.url, 'GET', '/v2.1/images')
                self.assertEqual(200, answer.status_code, answer.text)
        self.assertEveryOperationWorks(self.insecure.url)

    def test_no_certificate_for_nginx(self) -> None:
        """It answers in HTTP, without passing the request on."""
        self.select('keystone', 'foreign')
        self.select_nginx()
        self.assertTold(
            self.insecure.server, PROBLEMS['strict'].replace(
                'GROUP', 'glance'))

    def test_http_for_nginx(self) -> None:
        self.select_nginx()
        self.assertTold(
            self.unencrypted.server, 'the server expects TLS, but its URL '
            f'begins with http: correct {OVERRIDE}')

    def test_redirects(self) -> None:
        image_id = self.glance.create(old='1')
        for status in behind_tls.REDIRECTS:
            self.select('glance', f'redirect-{status}')
            for operation in (operations.READS[0], *operations.WRITES,
                              operations.DELETE):
                with self.case(status, operation):
                    self.assertTold(
                        self.unencrypted.server,
                        'redirects are not followed: correct ' + OVERRIDE,
                        operation.method,
                        '/v2.1' + operation.path.format(id=image_id),
                        json=operation.body)
        self.assertEqual('1', self.glance.show(image_id)['old'])
        self.assertNotIn('new', self.glance.show(image_id))

    def test_links(self) -> None:
        """The headers of a proxy count only if the service trusts them."""
        self.glance.create()
        self.select('keystone', 'foreign')
        self.select('glance', 'foreign')
        self.assertLinks(self.insecure, 'https://compute.example.com')
        self.select('glance', 'plain')
        self.assertLinks(self.unencrypted, self.unencrypted.url)

    def assertLinks(self, api: service.Service, root: str) -> None:
        # uWSGI itself takes the scheme from X-Forwarded-Proto.
        forged = {**test_proxies.FORGED, 'X-Forwarded-Proto': None}
        answer = self.request(
            api.url, 'GET', '/v2.1/images?limit=1', headers=forged).json()
        links = [*answer['images'][0]['links'], *answer['images_links']]
        self.assertEqual([], [
            link for link in links if link['rel'] != 'alternate'
            and not link['href'].startswith(f'{root}/')])


class FilterTest(behind_tls.TLSTestCase):
    """The filter in a real Nova, which takes [glance] from nova.conf."""

    nova_server: uwsgi.Server

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        directory = nova.add_filter(cls.stack, None)
        with open(os.path.join(directory, 'nova.conf'), 'a') as file:
            file.write(configuration.text({'glance': {
                'endpoint_override': cls.url('glance'),
                'cafile': cls.authority.file, **cls.client}}))
        cls.nova_server = cls.start(nova.server(
            cls.account, cls.stack, cls.__name__, directory))

    def test_every_operation(self) -> None:
        self.assertEveryOperationWorks(self.nova_server.url)

    def test_glance(self) -> None:
        for door, told in PROBLEMS.items():
            with self.case(door):
                self.select('glance', door)
                self.assertTold(
                    self.nova_server,
                    told.replace('GROUP', 'glance').replace(
                        'OPTION', OVERRIDE))
                answer = self.request(
                    self.nova_server.url, 'GET', '/v2.1/servers')
                self.assertEqual(200, answer.status_code, answer.text)
