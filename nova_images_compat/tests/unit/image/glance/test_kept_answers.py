# SPDX-License-Identifier: Apache-2.0

"""Tests of the answers of the Image service that are used again."""

from typing import Any

from keystoneauth1 import access
from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1.identity import access as access_plugin

from nova_images_compat import exception
from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import store as glance_store
from nova_images_compat.tests import fake_glance
from nova_images_compat.tests import fake_memcached
from nova_images_compat.tests import fixtures as own_fixtures
from nova_images_compat.tests.unit.image.glance import glance_case

ON = {'api': {'image_cache_time': 600}, 'cache': fake_memcached.OPTIONS}


class KeptTestCase(glance_case.StoreTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.memcached = self.useFixture(fake_memcached.FakeMemcached())
        self.store = self.make(ON)
        self.other = self.make(ON)
        self.image_id = self.glance.add(key='old')

    def shown(
        self, caller: Any = None, image_id: str | None = None,
        store: glance_store.GlanceStore | None = None,
    ) -> Any:
        """Return the metadata item "key" of an image."""
        return (store or self.store).get(
            caller or self.caller, image_id or self.image_id,
        ).metadata.get('key')

    def listed_by(
        self, caller: Any = None,
        store: glance_store.GlanceStore | None = None, **query: Any,
    ) -> list[Any]:
        """Return the metadata items "key" of a list."""
        return [image.metadata.get('key') for image in (
            store or self.store).list(
                caller or self.caller, image_base.ImageQuery(**query))]

    def change_elsewhere(self, image_id: str | None = None) -> None:
        """Change an image directly in the Image service."""
        image = self.glance.images[image_id or self.image_id]
        image['key'] = 'changed'


class KeptTest(KeptTestCase):

    def test_image(self) -> None:
        self.assertEqual('old', self.shown())
        self.change_elsewhere()
        self.assertEqual('old', self.shown())
        self.assertEqual('old', self.shown(store=self.other))
        self.assertEqual(['GET'], self.glance.calls)

    def test_list(self) -> None:
        for query in ({}, {'limit': 1}, {'name': 'x'}, {'min_ram': 5}):
            with self.case(query):
                self.glance.requests.clear()
                before = self.listed_by(**query)
                self.glance.add(key='new')
                self.assertEqual(before, self.listed_by(**query))
                self.assertEqual(
                    before, self.listed_by(**query, store=self.other))
                self.assertEqual(['GET'], self.glance.calls)

    def test_errors_are_not_kept(self) -> None:
        image = self.glance.images.pop(self.image_id)
        self.assertRaises(exception.ImageNotFound, self.shown)
        self.glance.images[self.image_id] = image
        for status in (403, 500, 503):
            with self.case(status):
                self.fail_next(fake_glance.Failure(status))
                self.assertRaises(exception.APIError, self.shown)
                self.fail_next(*[fake_glance.Failure(status)] * 4)
                self.assertRaises(exception.APIError, self.listed_by)
                self.fail_next()
        self.assertEqual('old', self.shown())

    def test_invalid_answers_are_not_kept(self) -> None:
        for body in (b'[]', b'{}', b'nonsense', b'{"images": 7}',
                     b'{"status": ["active"]}', b'{"images": [7]}'):
            with self.case(body):
                self.fail_next(*[fake_glance.Failure(body=body)] * 2)
                self.assertRaises(exception.BadGateway, self.shown)
                self.assertRaises(exception.BadGateway, self.listed_by)
        self.assertEqual('old', self.shown())
        self.assertEqual(['old'], self.listed_by())

    def test_images_on_their_way_are_not_kept(self) -> None:
        for status in ('queued', 'saving', 'uploading', 'importing'):
            with self.case(status):
                image_id = self.glance.add(status=status)
                self.assertEqual([status] * 2, self.statuses(image_id))
                self.glance.images[image_id]['status'] = 'active'
                self.assertEqual(['active'] * 2, self.statuses(image_id))
                self.store.delete(self.caller, image_id)

    def statuses(self, image_id: str) -> list[str]:
        """Return the status that an image has, and has in a list."""
        return [
            self.store.get(self.caller, image_id).status,
            *(image.status for image in self.store.list(
                self.caller, image_base.ImageQuery())
              if image.id == image_id)]

    def test_other_statuses_are_kept(self) -> None:
        for status in ('active', 'killed', 'deleted', 'deactivated',
                       'pending_delete'):
            with self.case(status):
                image_id = self.glance.add(status=status)
                self.shown(image_id=image_id)
                self.change_elsewhere(image_id)
                self.assertIsNone(self.shown(image_id=image_id))

    def test_another_server_is_not_believed(self) -> None:
        """Its schema would be fetched with the caller's token."""
        self.shown()
        self.memcached.values = {
            key: value.replace(b'http://image.example', b'http://imoge.oxample'
                               ) for key, value
            in self.memcached.values.items()}
        self.change_elsewhere()
        self.assertEqual('changed', self.shown())

    def test_memory_of_the_process(self) -> None:
        store = self.make({'api': ON['api']})
        self.assertRegex(
            self.log.output, r'WARNING .* \[api\] image_cache_time: .*memory')
        self.shown(store=store)
        self.change_elsewhere()
        self.assertEqual('old', self.shown(store=store))
        self.assertEqual('changed', self.shown(store=self.other))

    def test_off(self) -> None:
        store = self.make({'cache': ON['cache']})
        self.shown(store=store)
        self.change_elsewhere()
        self.assertEqual('changed', self.shown(store=store))
        self.assertEqual([], self.memcached.calls)


class WritesTest(KeptTestCase):

    def test_image_after_a_write(self) -> None:
        for name, write in self.writes().items():
            with self.case(name):
                self.glance.images[self.image_id]['key'] = 'old'
                self.store.answers = self.make(ON).answers
                write(self.image_id)
                self.glance.images[self.image_id]['key'] = 'old'
                self.shown(store=self.other)
                write(self.image_id)
                self.assertEqual(
                    self.glance.images[self.image_id].get('key'),
                    self.shown(store=self.other))

    def test_lists_after_a_write(self) -> None:
        admin = glance_case.caller(
            user_id='admin', project_id=own_fixtures.ADMIN_PROJECT,
            auth_token=own_fixtures.TOKENS['admin'])
        for name, writer in (('owner', self.caller), ('admin', admin)):
            with self.case(name):
                for reader in (self.caller, admin):
                    self.listed_by(reader, self.other)
                self.store.add_metadata(
                    writer, self.image_id, {'key': name},
                    glance_case.unlimited)
                self.assertEqual([name], self.listed_by(store=self.other))
                self.assertEqual([name], self.listed_by(writer, self.other))

    def test_after_a_deletion(self) -> None:
        stranger = glance_case.caller(
            user_id='other', project_id=own_fixtures.OTHER_PROJECT,
            auth_token=own_fixtures.TOKENS['other'])
        self.glance.images[self.image_id]['visibility'] = 'public'
        for reader in (self.caller, stranger):
            self.shown(reader, store=self.other)
            self.listed_by(reader, self.other)
        self.store.delete(self.caller, self.image_id)
        for reader in (self.caller, stranger):
            with self.case(reader.user_id):
                self.assertEqual([], self.listed_by(reader, self.other))
                self.assertRaises(
                    exception.ImageNotFound, self.shown, reader,
                    store=self.other)

    def test_id_in_upper_case(self) -> None:
        upper = self.image_id.upper()
        # As with MySQL.
        self.glance.images[upper] = self.glance.images[self.image_id]
        self.shown(image_id=upper)
        self.change_elsewhere()
        self.store.remove_metadata(self.caller, self.image_id, 'key')
        self.glance.images[upper] = self.glance.images[self.image_id]
        self.assertIsNone(self.shown(image_id=upper))

    def test_write_without_an_answer(self) -> None:
        self.shown()
        self.listed_by()
        self.fail_next(fake_glance.Failure(
            504, method='PATCH', is_done=True))
        self.assertRaises(
            exception.BadGateway, self.store.add_metadata, self.caller,
            self.image_id, {'key': 'new'}, glance_case.unlimited)
        self.fail_next()
        self.assertEqual('new', self.shown(store=self.other))
        self.assertEqual(['new'], self.listed_by(store=self.other))

    def test_write_while_a_read_is_under_way(self) -> None:
        for name, read in (('image', lambda: [self.shown()]),
                           ('list', self.listed_by)):
            with self.case(name):
                self.glance.images[self.image_id]['key'] = 'old'
                self.store.remove_metadata(self.caller, self.image_id, 'key')
                self.glance.images[self.image_id]['key'] = 'old'
                stale = fake_glance.Failure()
                written: list[Any] = []

                def write() -> None:
                    # The body of the read has been made already.
                    stale.body = self.body(name)
                    written.append(self.other.add_metadata(
                        self.caller, self.image_id, {'key': 'new'},
                        glance_case.unlimited))

                stale.before = write
                self.fail_next(stale)
                self.assertEqual(['old'], read())
                self.assertEqual(1, len(written))
                self.assertEqual(['new'], read())

    def body(self, name: str) -> bytes:
        """Return the answer to a read, in bytes."""
        answer = self.other.client.call(
            self.caller, 'GET', '/v2/images' if name == 'list'
            else f'/v2/images/{self.image_id}')
        return answer.body

    def test_rejected_write(self) -> None:
        """It ends no lists: it would be a way to make the cache useless."""
        self.listed_by()
        self.shown()
        self.fail_next(fake_glance.Failure(403, method='DELETE'))
        self.assertRaises(
            exception.ImageDeleteNotAuthorized, self.store.delete,
            self.caller, self.image_id)
        self.change_elsewhere()
        self.assertEqual(['old'], self.listed_by())
        self.assertEqual('changed', self.shown())

    def test_reads_of_a_write_are_fresh(self) -> None:
        self.shown()
        self.change_elsewhere()
        self.glance.images[self.image_id]['more'] = 'x'
        self.assertEqual(
            {'key': 'new', 'more': 'x'}, self.store.add_metadata(
                self.caller, self.image_id, {'key': 'new'},
                glance_case.unlimited))

    def test_deletion_with_the_cache_down(self) -> None:
        self.memcached.error = OSError('refused')
        self.shown()
        self.store.delete(self.caller, self.image_id)
        self.assertRaises(exception.ImageNotFound, self.shown)


class KeyTest(KeptTestCase):
    """Who gets the same answer."""

    def is_shared(self, one: Any, other: Any) -> bool:
        """Return whether a caller gets the answer that another one got."""
        self.memcached.values.clear()
        self.glance.requests.clear()
        self.shown(one)
        self.shown(other)
        return len(self.glance.requests) == 1

    def test_new_token(self) -> None:
        self.assertTrue(self.is_shared(self.caller, glance_case.caller(
            auth_token=f'{glance_case.TOKEN}:', request_id='req-other',
            global_request_id='req-global')))

    def test_order_of_roles(self) -> None:
        self.assertTrue(self.is_shared(
            self.caller, glance_case.caller(roles=['reader', 'member'])))

    def test_everything_that_policy_rules_know(self) -> None:
        for name, value in glance_case.caller().to_policy_values().items():
            with self.case(name):
                other: Any = 'other'
                if isinstance(value, list):
                    other = [*value, 'other']
                elif isinstance(value, bool):
                    other = not value
                self.assertFalse(self.is_shared(
                    glance_case.caller(), glance_case.caller(**{name: other})))

    def test_restricted_tokens(self) -> None:
        plain, other, *restricted = (
            glance_case.caller(user_auth=_auth(change))
            for change in (
                lambda token: None,
                lambda token: None,
                lambda token: token.set_application_credential('one'),
                lambda token: token.set_application_credential('two'),
                lambda token: token.set_application_credential(
                    'one', access_rules=[{'path': '/v2.1/images'}]),
                lambda token: token.set_trust_scope('trust'),
                lambda token: token.set_trust_scope('another')))
        self.assertTrue(self.is_shared(plain, other))
        for number, one in enumerate(restricted):
            for caller in (plain, *restricted[:number]):
                with self.case(number, caller):
                    self.assertFalse(self.is_shared(one, caller))
                    self.assertFalse(self.is_shared(caller, one))

    def test_version_2_of_keystone(self) -> None:
        auth = access_plugin.AccessInfoPlugin(access.create(
            body=keystone_fixture.V2Token(), auth_token='a-token'))
        caller = glance_case.caller(user_auth=auth)
        self.assertTrue(self.is_shared(caller, caller))

    def test_invalid_token(self) -> None:
        token = keystone_fixture.V3Token()
        token['token']['OS-TRUST:trust'] = 7
        caller = glance_case.caller(user_auth=access_plugin.AccessInfoPlugin(
            access.create(body=token, auth_token='a-token')))
        self.assertFalse(self.is_shared(caller, caller))

    def test_servers(self) -> None:
        self.store = self.make(ON, api_servers=glance_case.BOTH)
        self.other = self.make(ON, api_servers=(
            f'{glance_case.OTHER_ROOT},{glance_case.ROOT}'))
        self.shown()
        self.shown(store=self.other)
        self.assertEqual(1, len(self.glance.requests))
        self.shown(store=self.make(ON))
        self.assertEqual(2, len(self.glance.requests))


def _auth(change: Any) -> access_plugin.AccessInfoPlugin:
    """Return a token's information.

    :param change: changes it
    """
    token = keystone_fixture.V3Token(user_id='member')
    change(token)
    return access_plugin.AccessInfoPlugin(
        access.create(body=token, auth_token='a-token'))
