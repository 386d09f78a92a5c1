# SPDX-License-Identifier: Apache-2.0

"""Tests of where the Image service is looked for."""

from typing import Any
from unittest import mock

from keystoneauth1 import access
from keystoneauth1.access import service_catalog
from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1.identity import access as access_plugin
from keystoneauth1 import session

from nova_images_compat import exception
from nova_images_compat.image.glance import endpoints
from nova_images_compat.tests.unit.image.glance import glance_case

SERVERS = [f'http://image{number}.example:9292' for number in range(4)]
REGIONS = {
    'RegionOne': {'public': 'https://one.example/image/v2/',
                  'internal': 'http://one.internal:9292'},
    'RegionTwo': {'public': 'https://two.example/image',
                  'internal': 'http://two.internal:9292/v2.17'},
}
CATALOGUE = glance_case.catalogue_of(
    ('compute', 'nova', {'RegionOne': {'public': 'http://compute.example'}}),
    ('image', 'glance', REGIONS))


class _TestCase(glance_case.TestCase):

    def make(self, **glance: Any) -> endpoints.Endpoints:
        """Return the endpoints of a deployment that has Keystone."""
        conf = self.configure(
            {'api': {'auth_strategy': 'keystone'}, 'glance': glance})
        return endpoints.Endpoints(conf, session.Session())

    def ask(
        self, user_auth: Any = CATALOGUE, **glance: Any,
    ) -> list[str]:
        return self.make(**glance).candidates(
            glance_case.caller(user_auth=user_auth))


class ChoiceTest(_TestCase):

    def test_servers_go_before_the_override_and_the_catalogue(self) -> None:
        self.assertEqual(SERVERS[:1], self.ask(
            api_servers=SERVERS[0], endpoint_override='http://other.example'))

    def test_override_goes_before_the_catalogue(self) -> None:
        self.assertEqual(['http://other.example'], self.ask(
            endpoint_override='http://other.example'))

    def test_version_goes_and_a_scheme_comes(self) -> None:
        for url, root in (
                ('http://image.example/v2', 'http://image.example'),
                ('http://image.example/v2/', 'http://image.example'),
                ('http://image.example/v2.9//', 'http://image.example'),
                ('http://image.example/i/v1', 'http://image.example/i'),
                ('https://image.example/', 'https://image.example'),
                ('http://image.example/v2x', 'http://image.example/v2x'),
                ('image.example:9292', 'http://image.example:9292'),
                ('[::1]:9292/v2', 'http://[::1]:9292')):
            with self.case(url, root):
                self.assertEqual([root], self.ask(endpoint_override=url))
                self.assertEqual([root], self.ask(api_servers=url))

    def test_what_is_no_server(self) -> None:
        for url in ('not a url', '::::', 'http://', 'ftp://image.example',
                    'http://image.example:port', 'http://image.example:99999',
                    'http://[::1', 'http://image.example/a b'):
            for option in ('endpoint_override', 'api_servers'):
                with self.case(url, option):
                    error = self.assertRaises(
                        exception.ConfigurationError, self.make,
                        **{option: url})
                    self.assertIn(f'[glance] {option}', str(error))

    def test_user_or_password_in_the_url(self) -> None:
        for url in ('http://user:secret@image.example', 'user@image.example'):
            for option in ('endpoint_override', 'api_servers'):
                with self.case(url, option):
                    error = self.assertRaises(
                        exception.ConfigurationError, self.make,
                        **{option: url})
                    self.assertIn(f'[glance] {option}', str(error))
                    self.assertNotIn('secret', str(error))

    def test_without_keystone_it_must_be_configured(self) -> None:
        error = self.assertRaises(
            exception.ConfigurationError, endpoints.Endpoints,
            self.configure(), session.Session())
        self.assertIn('[glance] endpoint_override', str(error))


class CatalogueTest(_TestCase):

    def test_each_catalogue_and_interface_by_itself(self) -> None:
        found = self.make(valid_interfaces='internal')
        other = glance_case.catalogue_of(('image', 'glance', {'RegionOne': {
            'public': 'https://other.example',
            'internal': 'http://other.internal'}}))
        for _ in range(2):
            for user_auth, internal, public in (
                    (CATALOGUE, 'http://one.internal:9292',
                     'https://one.example/image'),
                    (other, 'http://other.internal',
                     'https://other.example')):
                with self.case(user_auth, internal, public):
                    caller = glance_case.caller(user_auth=user_auth)
                    self.assertEqual([internal], found.candidates(caller))
                    self.assertEqual(public, found.public_root(caller))

    def test_is_looked_at_once(self) -> None:
        found = self.make(valid_interfaces='admin')
        url_for = service_catalog.ServiceCatalogV3.url_for
        with mock.patch.object(
                service_catalog.ServiceCatalogV3, 'url_for', autospec=True,
                side_effect=url_for) as looked:
            for number in range(3):
                with self.case(number):
                    self.assertRaises(
                        exception.ImageStoreUnavailable, found.candidates,
                        glance_case.caller(user_auth=CATALOGUE))
        self.assertEqual(1, looked.call_count)

    def test_interfaces_in_their_order(self) -> None:
        for options, root in (
                ({}, 'http://one.internal:9292'),
                ({'valid_interfaces': 'public'}, 'https://one.example/image'),
                ({'valid_interfaces': 'public,internal'},
                 'https://one.example/image'),
                ({'valid_interfaces': 'internal,public'},
                 'http://one.internal:9292'),
                ({'valid_interfaces': 'admin,public'},
                 'https://one.example/image')):
            with self.case(options):
                self.assertEqual([root], self.ask(
                    region_name='RegionOne', **options))

    def test_region(self) -> None:
        self.assertEqual(
            ['http://two.internal:9292'], self.ask(region_name='RegionTwo'))

    def test_service_type_and_name(self) -> None:
        catalogue = glance_case.catalogue_of(
            ('image', 'old', {'R': {'public': 'http://old.example'}}),
            ('image', 'new', {'R': {'public': 'http://new.example'}}),
            ('store', 'new', {'R': {'public': 'http://store.example'}}))
        self.assertEqual(
            ['http://new.example'], self.ask(catalogue, service_name='new'))
        self.assertEqual(
            ['http://store.example'],
            self.ask(catalogue, service_type='store'))

    def test_none_there(self) -> None:
        empty = glance_case.catalogue_of()
        for user_auth, options in (
                (None, {}), (empty, {}),
                (CATALOGUE, {'region_name': 'Nowhere'}),
                (CATALOGUE, {'valid_interfaces': 'admin'}),
                (CATALOGUE, {'service_name': 'other'})):
            with self.case(user_auth, options):
                self.assertRaises(
                    exception.ImageStoreUnavailable, self.ask, user_auth,
                    **options)
        self.assertRegex(
            self.log.output,
            r'(?m)^ERROR .*no internal or public endpoint.*\[glance\]')
        self.assertIn("'region_name': 'Nowhere'", self.log.output)

    def test_catalogue_that_is_invalid(self) -> None:
        endpoint = {'interface': 'internal', 'url': 'http://image.example'}
        invalid: tuple[Any, ...] = (
            3, [3], [{}], [{**endpoint, 'url': 3}],
            [{**endpoint, 'url': 'http://['}])
        for catalog in (
                None, 3, 'text', [3], [None], [{'type': 3}],
                *([{'type': 'image', 'endpoints': listed}]
                  for listed in invalid)):
            with self.case(catalog):
                token = {**keystone_fixture.V3Token()['token'],
                         'catalog': catalog}
                self.assertRaises(
                    exception.ImageStoreUnavailable, self.ask,
                    access_plugin.AccessInfoPlugin(access.create(
                        body={'token': token}, auth_token='a-token')))
        self.assertRegex(
            self.log.output, "(?m)^ERROR .* catalogue .* token is invalid")


class OrderTest(_TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.endpoints = self.make(api_servers=','.join(SERVERS))

    def _order(self) -> list[str]:
        return self.endpoints.candidates(glance_case.caller())

    def test_random(self) -> None:
        orders = {tuple(self._order()) for _ in range(200)}
        self.assertGreater(len(orders), 10)
        for order in orders:
            with self.case(order):
                self.assertEqual(SERVERS, sorted(order))

    def test_server_that_failed_is_the_last_for_a_while(self) -> None:
        self.endpoints.failed(SERVERS[1])
        self.assertEqual(
            {SERVERS[1]}, {self._order()[-1] for _ in range(50)})
        self.endpoints.failed(SERVERS[2])
        for number in range(50):
            with self.case(number):
                self.assertEqual(set(SERVERS[1:3]), set(self._order()[2:]))
        self.clock.now += endpoints.FAILED_SERVER_TIME + 1
        self.assertEqual(
            set(SERVERS), {self._order()[0] for _ in range(200)})


class PublicRootTest(_TestCase):

    def _public_root(
        self, user_auth: Any = CATALOGUE, **glance: Any,
    ) -> str:
        return self.make(**glance).public_root(
            glance_case.caller(user_auth=user_auth))

    def test_of_the_catalogue(self) -> None:
        for options in (
                {}, {'valid_interfaces': 'internal'},
                {'endpoint_override': 'http://other.example'},
                {'api_servers': SERVERS[0]}):
            with self.case(options):
                self.assertEqual(
                    'https://one.example/image',
                    self._public_root(region_name='RegionOne', **options))

    def test_what_there_is_without(self) -> None:
        internal = glance_case.catalogue_of(
            ('image', 'glance', {'R': {'internal': 'http://inner.example'}}))
        for user_auth, options, root in (
                (internal, {}, 'http://inner.example'),
                (None, {'endpoint_override': 'http://other.example/v2'},
                 'http://other.example')):
            with self.case(user_auth, options, root):
                self.assertEqual(root, self._public_root(user_auth, **options))
        self.assertNotIn('ERROR', self.log.output)

    def test_none(self) -> None:
        self.assertRaises(
            exception.ImageStoreUnavailable, self._public_root, None)
