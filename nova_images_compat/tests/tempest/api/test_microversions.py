# SPDX-License-Identifier: Apache-2.0

"""Microversions: the last with images and metadata, and invalid ones."""

from typing import Any

from tempest import config
from tempest.lib.common import api_version_request
from tempest.lib import decorators

from nova_images_compat.tests.tempest.api import base
from nova_images_compat.tests.tempest.services import images_client

CONF = config.CONF

NEW = images_client.MICROVERSION_HEADER
OLD = images_client.NOVA_MICROVERSION_HEADER

Operations = list[tuple[str, str, Any]]


class MicroversionsTest(base.ImagesCompatTest):
    """The first and the last microversions of each operation."""

    def setUp(self) -> None:
        super().setUp()
        self.image_id = self.create_image(data=None)
        self.operations = {
            'images': base.image_operations(self.image_id),
            'metadata': base.metadata_operations(self.image_id)}

    def ask(
        self, version: str, operation: tuple[str, str, Any],
        header: str = NEW,
    ) -> images_client.Answer:
        """Send a request with a microversion.

        :param operation: method, path and body
        """
        value = f'compute {version}' if header == NEW else version
        return self.client.send(*operation, headers={header: value})

    def assertServed(self, version: str, kind: str) -> None:
        """Fail unless each operation succeeds with a microversion, and its
        response has that microversion.
        """
        for operation in self.operations[kind]:
            with self.case(version, operation):
                answer = self.ask(version, operation)
                self.assertEqual(
                    204 if operation[0] == 'DELETE' else 200, answer.status,
                    answer.body)
                self.assertNamed(version, answer)

    def assertNotServed(self, version: str, kind: str) -> None:
        """Fail unless no operation is found, and none changes the image."""
        for header in (NEW, OLD):
            for operation in self.operations[kind]:
                with self.case(version, header, operation):
                    answer = self.ask(version, operation, header)
                    self.assertNotFound(answer)
                    self.assertNamed(version, answer)
        self.assertEqual({}, self.metadata(self.image_id))

    def assertNamed(
        self, version: str, answer: images_client.Answer,
    ) -> None:
        """Check the microversion in the headers of an answer."""
        self.assertEqual(f'compute {version}', answer.headers[NEW.lower()])
        self.assertEqual(version, answer.headers[OLD.lower()])
        # If a name occurs in several headers, Tempest keeps the last one.
        self.assertIn(OLD, answer.headers['vary'])

    def version_after(self, version: str) -> str:
        """Return the next microversion, or skip the test if none exists."""
        latest = self.ask('latest', ('GET', 'images', None))
        newest = latest.headers[OLD.lower()]
        if _parse(newest) <= _parse(version):
            self.skipTest(f'{version} is the newest microversion')
        major, minor = version.split('.')
        return f'{major}.{int(minor) + 1}'

    @decorators.idempotent_id('c5995f6d-f185-4f0a-9550-1d147b97d5e2')
    def test_without_one(self) -> None:
        """Without a header, the microversion is the first one."""
        self.assertNamed('2.1', self.client.send('GET', 'images'))

    @decorators.idempotent_id('e363c2d3-e992-431a-af16-687823419ea5')
    def test_first_with_images(self) -> None:
        """The first microversion has images."""
        self.assertServed('2.1', 'images')

    @decorators.idempotent_id('8e5161a6-7fe8-45de-8e5c-c9e8ed3be568')
    def test_first_with_metadata(self) -> None:
        """The first microversion has metadata."""
        self.assertServed('2.1', 'metadata')

    @decorators.idempotent_id('80ff8ea5-1614-4977-9348-8ddab545a996')
    def test_last_with_images(self) -> None:
        """The last microversion with images has them (2.35)."""
        self.assertServed(
            CONF.images_compat.images_max_microversion, 'images')

    @decorators.idempotent_id('a8712e97-0916-40e8-8714-27e6677edf9f')
    def test_first_without_images(self) -> None:
        """The next microversion does not have images (2.36)."""
        self.assertNotServed(
            self.version_after(
                CONF.images_compat.images_max_microversion), 'images')

    @decorators.idempotent_id('1abc1d70-1a78-41e1-8d87-c9c8ab0fa111')
    def test_last_with_metadata(self) -> None:
        """The last microversion with metadata has it (2.38)."""
        self.assertServed(
            CONF.images_compat.metadata_max_microversion, 'metadata')

    @decorators.idempotent_id('8da77dea-cd31-4116-880b-14ee50ee453e')
    def test_first_without_metadata(self) -> None:
        """The next microversion does not have metadata (2.39)."""
        self.assertNotServed(
            self.version_after(
                CONF.images_compat.metadata_max_microversion), 'metadata')

    @decorators.idempotent_id('000a6279-4c48-4e2b-9cef-64ede2f95e10')
    def test_latest(self) -> None:
        """"latest" stands for a number, and does not have images."""
        self.version_after(CONF.images_compat.images_max_microversion)
        for header in (NEW, OLD):
            with self.case(header):
                answer = self.ask('latest', ('GET', 'images', None), header)
                self.assertNotFound(answer)
                self.assertNamed(answer.headers[OLD.lower()], answer)

    @decorators.idempotent_id('5143cf80-a24f-4c0c-b036-bb436846e2b6')
    def test_new_header_counts(self) -> None:
        """The new header takes precedence over the old one."""
        answer = self.client.send('GET', 'images', headers={
            NEW: 'compute 2.2', OLD: '2.36'})
        self.assertEqual(200, answer.status)
        self.assertNamed('2.2', answer)

    @decorators.idempotent_id('fc905055-432d-42e8-a697-9187acf2a4b8')
    def test_that_of_another_service(self) -> None:
        """The microversion of another service is ignored."""
        answer = self.client.send(
            'GET', 'images', headers={NEW: 'volume 3.70'})
        self.assertEqual(200, answer.status)
        self.assertNamed('2.1', answer)

    @decorators.idempotent_id('ad0bd7b8-68ce-41ad-8dbd-c6dba5df2402')
    def test_unsupported(self) -> None:
        """A microversion that does not exist is not acceptable."""
        for version in ('1.0', '3.0', '2.9999'):
            for header in (NEW, OLD):
                with self.case(version, header):
                    answer = self.ask(version, ('GET', 'images', None), header)
                    message = self.assertFault(answer, 406, 'computeFault')
                    self.assertIn(version, message)

    @decorators.idempotent_id('fce6e444-6a70-4778-884b-097c3ce991fe')
    def test_malformed(self) -> None:
        """A malformed microversion is rejected."""
        for version in ('abc', '2', '2.01', '2.1.1', 'LATEST', '-2.1'):
            for header in (NEW, OLD):
                with self.case(version, header):
                    self.assertBadRequest(
                        self.ask(version, ('GET', 'images', None), header))


def _parse(version: str) -> api_version_request.APIVersionRequest:
    return api_version_request.APIVersionRequest(version)
