# SPDX-License-Identifier: Apache-2.0

"""Who is not known by Keystone sees nothing, also when Keystone is down."""

import time
import uuid

from nova_images_compat.tests.integration import faults
from nova_images_compat.tests.integration import keystones
from nova_images_compat.tests.integration import servers

MARGIN = 3.0

# Seconds for which a token is good, and after which it is not.
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
        self.identity.refuse()
        self.assertUnavailable()

    def test_hangs(self) -> None:
        self.identity.fail(faults.hang)
        begun = time.monotonic()
        self.assertUnavailable()
        self.assertLess(
            time.monotonic() - begun, 2 * keystones.TIMEOUT + MARGIN)

    def test_answers_nonsense(self) -> None:
        for fault in (
                faults.answer(500), faults.answer(503), faults.cut,
                faults.answer(200, b'<h1>Log in</h1>', 'text/html'),
                faults.answer(200, b'{}'), faults.answer_raw(b'\0\n\n'),
                faults.answer(200, b'{"token": {}}')):
            with self.case(fault):
                self.identity.fail(fault)
                for response in self.send_all(self.uncached.url, self.issue()):
                    with self.case(response):
                        self.assertIn(response.status_code, (401, 503))
                        self.assertTrue(response.json())
                self.assertEqual([], self.image.asked)
        self.assertUnchanged()

    def test_token_is_known_before(self) -> None:
        token = self.issue()
        for refuse in (False, True):
            with self.case(refuse):
                if refuse:
                    self.identity.refuse()
                self.assertEqual(
                    200, self.send(self.cached.url, token).status_code)
        self.assertFault(
            self.send(self.cached.url, self.issue()), **UNAVAILABLE)
        self.identity.heal()
        self.assertEqual(
            200, self.send(self.cached.url, self.issue()).status_code)

    def assertUnavailable(self) -> None:
        for response in self.send_all(self.uncached.url, self.issue()):
            with self.case(response):
                self.assertFault(response, **UNAVAILABLE)
        self.assertEqual([], self.image.asked)
        self.identity.heal()
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
        self.assertEqual([], self.image.asked)
        for response in self.send_all(self.cached.url, token):
            with self.case(response):
                self.assertFault(response, unauthorized=401)
        self.assertGreater(self.image.count(), 0)
        self.assertUnchanged()

    def test_no_token(self) -> None:
        for token in (None, '', 'garbage', '\xe9', 'x' * 5000):
            for response in self.send_all(self.uncached.url, token):
                with self.case(response):
                    self.assertUnauthorized(response)
        self.assertEqual([], self.image.asked)

    def test_token_has_expired(self) -> None:
        token = self.issue_hasty()
        used = self.send(self.cached.url, token)
        self.assertEqual(200, used.status_code, used.text)
        self.image.forget()
        servers.wait_until(
            lambda: not self.send(self.uncached.url, token).ok, HASTE + 2)
        self.image.forget()
        for service in (self.uncached, self.cached, self.trusted):
            for response in self.send_all(service.url, token):
                with self.case(response):
                    self.assertUnauthorized(response)
        self.assertEqual([], self.image.asked)
        self.assertUnchanged()

    def test_token_expires_before_glance_sees_it(self) -> None:
        self.image.fail(faults.delay(LATE))
        token = self.issue_hasty()
        for response in servers.in_parallel(
                lambda method: self.send(self.uncached.url, token, method),
                ('GET', 'DELETE')):
            with self.case(response):
                self.assertFault(response, unauthorized=401)
        self.assertUnchanged()

    def test_token_expires_between_read_and_write(self) -> None:
        """Without a service token it is refused, and with one it is not."""
        self.image.fail(faults.delay(LATE), method='PATCH')
        token = self.issue_hasty()
        ids = self.create_apart(2, old='1')
        self.image.forget()
        refused, done = servers.in_parallel(
            lambda each: self.request(
                each[0].url, 'DELETE', f'/v2.1/images/{each[1]}/metadata/old',
                None, {'X-Auth-Token': token}),
            zip((self.uncached, self.trusted), ids))
        self.assertFault(refused, unauthorized=401)
        self.assertIn('old', self.glance.show(ids[0]))
        self.assertEqual(204, done.status_code, done.text)
        self.assertNotIn('old', self.glance.show(ids[1]))
        self.assertEqual(2, self.image.count('PATCH'))

    def test_service_token_is_sent(self) -> None:
        for user, status in (('member', 200), ('other', 404)):
            with self.case(user, status):
                self.image.forget()
                token = self.issue(user)
                response = self.send(self.trusted.url, token)
                self.assertEqual(status, response.status_code)
                for request in self.image.asked:
                    with self.case(request):
                        self.assertEqual(token, request.headers['x-auth-token'])
                        self.assertNotIn(
                            request.headers['x-service-token'], ('', token))

    def test_no_service_token_is_sent(self) -> None:
        self.send(self.uncached.url, self.issue(), headers={
            'X-Service-Token': self.issue('nova')})
        self.assertNotEqual([], self.image.asked)
        for request in self.image.asked:
            with self.case(request):
                self.assertNotIn('x-service-token', request.headers)

    def test_other_project_in_the_url(self) -> None:
        for method, path in (
                ('GET', 'images'), ('GET', f'images/{self.image_id}'),
                ('DELETE', f'images/{self.image_id}'),
                ('PUT', f'images/{self.image_id}/metadata')):
            for user in ('other', 'admin'):
                with self.case(user):
                    self.assertFault(
                        self.request(
                            self.uncached.url, method,
                            '/v2.1/{project}/' + path, user=user,
                            json={'metadata': {}} if method == 'PUT' else None),
                        badRequest=400)
        self.assertEqual([], self.image.asked)

    def test_system_scope(self) -> None:
        """It is as with Nova, which sends a service token, too."""
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
                with self.case(method, path, body):
                    plain, spoof = (
                        self.request(
                            self.uncached.url, method, path, user, headers, body)
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
            request for request in self.image.asked
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
