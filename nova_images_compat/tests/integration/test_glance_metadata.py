# SPDX-License-Identifier: Apache-2.0

"""Metadata that the real Glance keeps, and that it rejects or loses."""

import json
import subprocess
from typing import Any

import requests

from nova_images_compat.image import base as image_base
from nova_images_compat.image.glance import patches
from nova_images_compat.tests.integration import servers
from nova_images_compat.tests.integration.stack import glance
from nova_images_compat.tests.integration.stack import service
from nova_images_compat.tests.integration.stack import venvs

IMAGE_ID = '11111111-2222-3333-4444-555555555555'

# Prints the names of the attributes of Glance's own image objects.
LIST_ATTRIBUTES = """
import json
from unittest import mock
from glance import notifier
print(json.dumps(dir(notifier.ImageProxy(mock.MagicMock(), None, None))))
"""

# Names that look like names that Glance loses, but are kept.
KEPT = (
    '__proto__', '__x__', '__init', 'init__', '__len__', '__iter__',
    '__call__', '_abc', '_base', 'Base', 'image', 'constructor', 'prototype',
    'keys', 'get', 'items', 'location_', 'properties', 'metadata', 'is_public',
    'members', '_sa_instance_state', '__tablename__', '__table__')


def _attributes_of_glance() -> set[str]:
    """Return the attributes of Glance's images that its API does not show."""
    listed = subprocess.run(
        [venvs.program('glance', 'python'), '-c', LIST_ATTRIBUTES],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=True, timeout=60)
    return set(json.loads(listed.stdout)) - image_base.IMAGE_ATTRIBUTES


class KeysTest(servers.ServersTestCase):

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.create(mine='1')
        self.path = f'/v2.1/images/{self.image_id}/metadata'

    def _is_lost(self, key: str) -> bool:
        """Return whether Glance rejects or loses a property."""
        try:
            self.glance.update(self.image_id, [
                {'op': 'add', 'path': f'/{key}', 'value': 'x'}])
        except requests.HTTPError:
            return True
        return key not in self.glance.show(self.image_id)

    def _send(self, key: str) -> requests.Response:
        return self.request(
            self.stack.service_url, 'POST', self.path,
            json={'metadata': {key: 'y'}})

    def test_keys_that_glance_loses_are_rejected(self) -> None:
        names = _attributes_of_glance()
        self.assertIn('extra_properties', names)
        self.assertLessEqual(names, patches.NOT_KEPT)
        self.assertEqual(set(), {
            name for name in names if not self._is_lost(name)})
        before = self.glance.show(self.image_id)
        for name in names:
            with self.case(name):
                answer = self._send(name)
                self.assertEqual(400, answer.status_code, name)
                self.assertIn(
                    f"'{name}'", answer.json()['badRequest']['message'])
        self.assertEqual(before, self.glance.show(self.image_id))

    def test_no_other_key_is_rejected(self) -> None:
        """Each rejected key is lost by Glance on some version of Python."""
        needless = {name for name in patches.NOT_KEPT
                    if not self._is_lost(name)}
        self.assertLessEqual(needless, {
            '__firstlineno__', '__getstate__', '__slotnames__',
            '__static_attributes__'})
        for name in KEPT:
            with self.case(name):
                answer = self._send(name)
                self.assertEqual(200, answer.status_code, answer.text)
                self.assertEqual('y', answer.json()['metadata'][name], name)
                self.assertEqual('y', self.glance.show(self.image_id)[name])


class SchemaTest(servers.ServersTestCase):
    """A Glance with the property schema of DevStack, and one without.

    :cvar plain: a service in front of the Glance without the schema
    """

    plain: service.Service

    @classmethod
    def start_servers(cls) -> None:
        server = cls.new_glance('plain', has_schema=False)
        cls.start(server)
        cls.plain = cls.start(cls.new_service('plain', {
            'glance': {'endpoint_override': server.url}}))

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.glance.create(mine='1')

    def _send(self, url: str, metadata: dict[str, str]) -> requests.Response:
        return self.request(
            url, 'POST', f'/v2.1/images/{self.image_id}/metadata',
            json={'metadata': metadata})

    def _metadata(self, url: str) -> dict[str, Any]:
        return self.request(
            url, 'GET', f'/v2.1/images/{self.image_id}/metadata',
        ).json()['metadata']

    def test_with_the_schema(self) -> None:
        for key in glance.SCHEMA:
            for value in ('none', 'nokernel', ''):
                with self.case(key, value):
                    answer = self._send(
                        self.stack.service_url, {'new': '1', key: value})
                    self.assertFault(answer, badRequest=400)
                    message = answer.json()['badRequest']['message']
                    self.assertIn(f"'{value}' does not match", message)
                    self.assertTrue(message.isprintable(), message)
                    self.assertNotIn('{"', message)
        self.assertEqual(
            {'mine': '1'}, self._metadata(self.stack.service_url))
        images = dict.fromkeys(glance.SCHEMA, IMAGE_ID)
        answer = self._send(self.stack.service_url, images)
        self.assertEqual(200, answer.status_code, answer.text)
        self.assertEqual(
            {'mine': '1', **images}, self._metadata(self.stack.service_url))

    def test_without(self) -> None:
        nothing = dict.fromkeys(glance.SCHEMA, 'none')
        answer = self._send(self.plain.url, nothing)
        self.assertEqual(200, answer.status_code, answer.text)
        for url in (self.plain.url, self.stack.service_url):
            with self.case(url):
                self.assertEqual({'mine': '1', **nothing}, self._metadata(url))

    def test_images_that_are_older_than_the_schema(self) -> None:
        """Other items can be written, and the invalid ones removed."""
        self.image_id = self.glance.create(kernel_id='nokernel')
        answer = self._send(self.stack.service_url, {'new': '1'})
        self.assertEqual(200, answer.status_code, answer.text)
        self.assertEqual(
            {'kernel_id': 'nokernel', 'new': '1'},
            self._metadata(self.stack.service_url))
        removed = self.request(
            self.stack.service_url, 'DELETE',
            f'/v2.1/images/{self.image_id}/metadata/kernel_id')
        self.assertEqual(204, removed.status_code, removed.text)
