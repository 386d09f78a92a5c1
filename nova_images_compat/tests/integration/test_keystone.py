# SPDX-License-Identifier: Apache-2.0

"""Without a valid token nothing is shown, even while Keystone is down."""

import time
import uuid

from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import keystones
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import service

MARGIN = 10.0

# Seconds that a token is valid, and a delay after which it has expired.
HASTE = 3
LATE = 3.5

UNAVAILABLE = {'serviceUnavailable': 503}

SPOOFED_ROLES = {
    'X-Roles': 'admin,member', 'X-Role': 'admin',
    'X-Is-Admin-Project': 'True', 'OpenStack-System-Scope': 'all',
    'X-Identity-Status': 'Confirmed', 'X-Service-Roles': 'admin,service',
    'X-Service-Identity-Status': 'Confirmed',
    'X-Service-Catalog': '[]'}


class KeystoneTest(keystones.KeystoneTestCase):
    """Services that check tokens in different ways.

    :cvar cached: a service that caches tokens
    :cvar trusted: a service that also sends a service token
    """

    cached: service.Service
    trusted: service.Service

    @classmethod
    def start_servers(cls) -> None:
        super().start_servers()
        cls.cached = cls.new_service('cached', cls.options(
            token_cache_time=300, memcached_servers=cls.new_memcached()))
        cls.trusted = cls.new_service('trusted', {
            **cls.options(),
            'service_user': keystones.service_user(cls.stack)})
        cls.hasty = cls.new_hasty_keystone(HASTE)
        cls.start_all(cls.uncached, cls.cached, cls.trusted, cls.hasty)

    def test_refused(self) -> None:
        self.keystone_proxy.refuse()
        self.assertUnavailable()

    def test_hangs(self) -> None:
        self.keystone_proxy.fail(faults.hang)
        begun = time.monotonic()
        self.assertUnavailable()
        self.assertLess(
            time.monotonic() - begun, 2 * keystones.TIMEOUT + MARGIN)

    def test_invalid_responses(self) -> None:
        for name, fault in (
                ('500', faults.answer(500)), ('503', faults.answer(503)),
                ('cut', faults.cut),
                ('HTML', faults.answer(200, b'<h1>Log in</h1>', 'text/html')),
                ('no token', faults.answer(200, b'{}')),
                ('no HTTP', faults.answer_raw(b'\0\n\n')),
                ('empty token', faults.answer(200, b'{"token": {}}'))):
            with self.case(name):
                self.keystone_proxy.fail(fault)
                for response in self.send_all(self.uncached.url, self.issue()):
                    with self.case(name, response):
                        self.assertIn(response.status_code, (401, 503))
                        self.assertTrue(response.json())
                self.assertEqual([], self.glance_proxy.asked)
        self.assertUnchanged()

    def test_token_is_known_before(self) -> None:
        token = self.issue()
        for refuse in (False, True):
            with self.case('Keystone is down' if refuse else 'Keystone is up'):
                if refuse:
                    self.keystone_proxy.refuse()
                self.assertEqual(
                    200, self.send(self.cached.url, token).status_code)
        self.assertFault(
            self.send(self.cached.url, self.issue()), **UNAVAILABLE)
        self.keystone_proxy.heal()
        self.assertEqual(
            200, self.send(self.cached.url, self.issue()).status_code)

    def assertUnavailable(self) -> None:
        for response in self.send_all(self.uncached.url, self.issue()):
            with self.case(response):
                self.assertFault(response, **UNAVAILABLE)
        self.assertEqual([], self.glance_proxy.asked)
        self.keystone_proxy.heal()
        self.assertUnchanged()
        self.assertEqual(
            200, self.send(self.uncached.url, self.issue()).status_code)

    def test_token_is_revoked(self) -> None:
        token = self.issue()
        self.assertEqual(
            404, self.send(self.cached.url, token, path='/no').status_code)
        self.admin.delete(
            f'{self.stack.auth_url}/auth/tokens',
            headers={'X-Subject-Token': token})
        for response in self.send_all(self.uncached.url, token):
            with self.case(response):
                self.assertUnauthorized(response)
        self.assertEqual([], self.glance_proxy.asked)
        for response in self.send_all(self.cached.url, token):
            with self.case(response):
                self.assertFault(response, unauthorized=401)
        self.assertGreater(self.glance_proxy.count(), 0)
        self.assertUnchanged()

    def test_no_token(self) -> None:
        for token in (None, '', 'garbage', '\xe9', 'x' * 5000):
            for response in self.send_all(self.uncached.url, token):
                with self.case(token, response):
                    self.assertUnauthorized(response)
        self.assertEqual([], self.glance_proxy.asked)

    def test_token_has_expired(self) -> None:
        token = self.issue_hasty()
        used = self.send(self.cached.url, token)
        self.assertEqual(200, used.status_code, used.text)
        self.glance_proxy.forget()
        servers.wait_until(
            lambda: not self.send(self.uncached.url, token).ok, HASTE + 2)
        self.glance_proxy.forget()
        for api in (self.uncached, self.cached, self.trusted):
            for response in self.send_all(api.url, token):
                with self.case(api.name, response):
                    self.assertUnauthorized(response)
        self.assertEqual([], self.glance_proxy.asked)
        self.assertUnchanged()

    def test_token_expires_before_glance_sees_it(self) -> None:
        self.glance_proxy.fail(faults.delay(LATE))
        token = self.issue_hasty()
        for response in servers.in_parallel(
                lambda method: self.send(self.uncached.url, token, method),
                ('GET', 'DELETE')):
            with self.case(response):
                self.assertFault(response, unauthorized=401)
        self.assertUnchanged()

    def test_token_expires_between_read_and_write(self) -> None:
        """Glance accepts the expired token only with a service token."""
        self.glance_proxy.fail(faults.delay(LATE), method='PATCH')
        token = self.issue_hasty()
        ids = self.create_apart(2, old='1')
        self.glance_proxy.forget()
        refused, done = servers.in_parallel(
            lambda each: self.request(
                each[0].url, 'DELETE', f'/v2.1/images/{each[1]}/metadata/old',
                None, {'X-Auth-Token': token}),
            zip((self.uncached, self.trusted), ids))
        self.assertFault(refused, unauthorized=401)
        self.assertIn('old', self.glance.show(ids[0]))
        self.assertEqual(204, done.status_code, done.text)
        self.assertNotIn('old', self.glance.show(ids[1]))
        self.assertEqual(2, self.glance_proxy.count('PATCH'))

    def test_service_token_is_sent(self) -> None:
        for user, status in (('member', 200), ('other', 404)):
            with self.case(user, status):
                self.glance_proxy.forget()
                token = self.issue(user)
                response = self.send(self.trusted.url, token)
                self.assertEqual(status, response.status_code)
                for request in self.glance_proxy.asked:
                    with self.case(user, request.method, request.path):
                        self.assertEqual(
                            token, request.headers['x-auth-token'])
                        self.assertNotIn(
                            request.headers['x-service-token'], ('', token))

    def test_no_service_token_is_sent(self) -> None:
        self.send(self.uncached.url, self.issue(), headers={
            'X-Service-Token': self.issue('nova')})
        self.assertNotEqual([], self.glance_proxy.asked)
        for request in self.glance_proxy.asked:
            with self.case(request.method, request.path):
                self.assertNotIn('x-service-token', request.headers)

    def test_other_project_in_the_url(self) -> None:
        for method, path, body in (
                ('GET', 'images', None),
                ('GET', f'images/{self.image_id}', None),
                ('DELETE', f'images/{self.image_id}', None),
                ('PUT', f'images/{self.image_id}/metadata',
                 {'metadata': {}})):
            for user in ('other', 'admin'):
                with self.case(user, method, path):
                    self.assertFault(
                        self.request(
                            self.uncached.url, method,
                            '/v2.1/{project}/' + path, user=user, json=body),
                        badRequest=400)
        self.assertEqual([], self.glance_proxy.asked)

    def test_system_scope(self) -> None:
        """The same as with Nova, which also sends a service token."""
        headers = {'X-Auth-Token': self.issue('admin', system={'all': True})}
        nova, ours = (
            [self.request(url, 'GET', path, None, headers).status_code
             for path in (
                 '/v2.1/images', '/v2.1/{project}/images',
                 f'/v2.1/images/{self.image_id}')]
            for url in (self.stack.nova_url, self.trusted.url))
        self.assertEqual([200, 400, 200], nova)
        self.assertEqual(nova, ours)

    def test_spoofed_headers(self) -> None:
        foreign = self.glance.create('other', visibility='private')
        other = self.stack.users['other']
        spoofed = {
            **SPOOFED_ROLES, 'X-User-Id': other.id,
            'X-Project-Id': other.project_id,
            'X-Tenant-Id': other.project_id, 'X-User': other.name}
        for user in (None, 'bad', 'reader', 'member'):
            for method, path, body in (
                    ('GET', '/v2.1/images/detail', None),
                    ('GET', f'/v2.1/images/{foreign}', None),
                    ('GET', f'/v2.1/{other.project_id}/images', None),
                    ('POST', f'/v2.1/images/{foreign}/metadata',
                     {'metadata': {'new': '2'}}),
                    ('DELETE', f'/v2.1/images/{foreign}', None)):
                with self.case(user, method, path):
                    plain, spoof = (
                        self.request(
                            self.uncached.url, method, path, user, headers,
                            body)
                        for headers in ({}, spoofed))
                    self.assertEqual(plain.status_code, spoof.status_code)
                    self.assertEqual(plain.json(), spoof.json())
                    self.assertNotIn(foreign, spoof.text.replace(
                        f'image {foreign}', ''))
        self.assertNotIn('new', self.glance.show(foreign))

    def test_global_request_id(self) -> None:
        given = f'req-{uuid.uuid4()}'
        answers = [
            self.send(self.uncached.url, self.issue(), headers={
                'X-OpenStack-Request-ID': value})
            for value in (given, 'req-evil', f'{given}x', '')]
        requests = [
            request for request in self.glance_proxy.asked
            if self.image_id in request.path]
        forwarded = [
            request.headers['x-openstack-request-id']
            for request in requests]
        own = [answer.headers['X-OpenStack-Request-ID']
               for answer in answers]
        self.assertEqual([given, *own[1:]], forwarded)
        self.assertEqual(4, len({given, *own[:3]}))
        self.assertEqual(own, [
            answer.headers['X-Compute-Request-ID'] for answer in answers])
