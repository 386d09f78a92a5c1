# SPDX-License-Identifier: Apache-2.0

"""The stack is up, and all services find each other."""

from nova_images_compat.tests.integration import base


class StackTest(base.IntegrationTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.glance.delete_all()

    def test_every_user_has_a_token(self) -> None:
        for user in self.stack.users:
            with self.case(user):
                self.assertTrue(self.token(user))

    def test_image_is_seen_everywhere(self) -> None:
        image_id = self.glance.create(name='seen', os_type='linux')
        for url, path in (
                (self.stack.image_url, '/v2/images'),
                (self.stack.nova_url, '/v2.1/{project}/images'),
                (self.stack.service_url, '/v2.1/{project}/images')):
            with self.case(url, path):
                response = self.request(url, 'GET', path)
                self.assertEqual(200, response.status_code, response.text)
                self.assertEqual(
                    [image_id],
                    [image['id'] for image in response.json()['images']])

    def test_token_is_needed(self) -> None:
        for url in (self.stack.nova_url, self.stack.service_url):
            for user in (None, 'bad'):
                with self.case(url, user):
                    response = self.request(
                        url, 'GET', '/v2.1/{project}/images', user=user)
                    self.assertEqual(401, response.status_code)

    def test_images_of_every_kind(self) -> None:
        ids = self.glance.create_all([
            {'as': 'plain', 'min_ram': 64, 'tags': ['a']},
            {'as': 'queued', 'data': None},
            {'as': 'public', 'visibility': 'public'},
            {'as': 'foreign', 'owner': 'other', 'visibility': 'private'},
            {'as': 'off', 'deactivate': True},
            {'as': 'imported', 'import': True, 'data': 'abc'},
            {'as': 'protected', 'protected': True},
        ])
        found = {
            name: self.glance.show(image_id)
            for name, image_id in ids.items()}
        statuses = {
            name: image['status'] for name, image in found.items()}
        self.assertEqual(
            {'plain': 'active', 'queued': 'queued', 'public': 'active',
             'foreign': 'active', 'off': 'deactivated',
             'imported': 'active', 'protected': 'active'}, statuses)
        self.assertEqual(
            self.stack.users['other'].project_id, found['foreign']['owner'])
        self.assertEqual(3, found['imported']['size'])
        self.assertIn('os_glance_failed_import', found['imported'])
        times = [image['created_at'] for image in found.values()]
        self.assertEqual(len(times), len(set(times)))
        self.assertEqual(sorted(times), times)
        self.glance.delete_all()
        self.assertEqual([], self.glance.find_all())
