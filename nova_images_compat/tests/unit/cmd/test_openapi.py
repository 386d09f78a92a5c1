# SPDX-License-Identifier: Apache-2.0

"""Tests of writing the OpenAPI document to a file."""

import io
import os
import pathlib

import fixtures

from nova_images_compat.api.openapi import document
from nova_images_compat.cmd import openapi
from nova_images_compat.tests import base


class OpenAPITest(base.TestCase):

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.useFixture(fixtures.TempDir()).path

    def test_document_is_written(self) -> None:
        path = os.path.join(self.directory, 'openapi.json')
        self.assertEqual(0, openapi.main(path))
        self.assertEqual(
            document.as_json(), pathlib.Path(path).read_bytes())

    def test_file_that_cannot_be_written(self) -> None:
        errors = self.useFixture(fixtures.StringStream('errors')).stream
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', errors))
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', io.StringIO()))
        path = os.path.join(self.directory, 'nowhere', 'openapi.json')
        self.assertEqual(1, openapi.main(path))
        errors.seek(0)
        self.assertIn(path, errors.read())
